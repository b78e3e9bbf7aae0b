// Objects of the C++ library in a debugger's expressions. The program computes each of the EXPRESSIONS itself: the answers
// are the oracle.
#include <array>
#include <atomic>
#include <cstdio>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#define EXPRESSIONS(X)                                 \
  X(numbers[1])                                        \
  X(numbers[2] * numbers.size() + numbers.front())     \
  X(numbers.at(0) - numbers.back())                    \
  X(*numbers.data() == numbers[0])                     \
  X(&numbers[2] - &numbers[0])                         \
  X(numbers.empty() || none.empty())                   \
  X(none.size() == 0 && !numbers.empty())              \
  X(bits[0] + bits[1] * 2 + bits[2] * 4)               \
  X(bits[1] == true)                                   \
  X(nested[1][0] + nested[0].size())                   \
  X(fixed[2] * 4)                                      \
  X(queue[150] + queue.size())                         \
  X(words.front().size())                              \
  X(name == "short")                                   \
  X(name != "other" && "short" == name)                \
  X(name == same && name != longer)                    \
  X(view == name)                                      \
  X(name[1])                                           \
  X(longer.size() + longer.length() + name.c_str()[0]) \
  X(prices["pear"] * 2)                                \
  X(prices.at("apple") == 1.25)                        \
  X(squares[7])                                        \
  X(hash[3] == "three")                                \
  X(hash.size())                                       \
  X(owned->value + (*owned).value)                     \
  X(owned.get() == nullptr)                            \
  X(unowned == nullptr && owned != nullptr)            \
  X(!unowned && bool(owned))                           \
  X(shared->value + shared.get()->value)               \
  X(*count + 1)                                        \
  X(atomic + 2)                                        \
  X(atomic == 11)                                      \
  X(*some + some.value())                              \
  X(nothing.has_value() ? *nothing : -1)               \
  X(*third)                                            \
  X(entry->second + (*entry).second)                   \
  X(entry->first == "apple")                           \
  X(static_cast<unsigned char>(numbers[0] - 4))        \
  X(reinterpret_cast<long>(owned.get()) & 7)           \
  X(Item::LIMIT)                                       \
  X(text->size())

struct Item {
  int value;
  static constexpr int LIMIT = 90;
};

template <typename T> __attribute__((noinline)) static void keep(T &object) { asm volatile("" : : "r"(&object) : "memory"); }

__attribute__((noinline)) static void checkpoint(const long *answers, size_t count) {
  printf("%zu answers, the first is %ld\n", count, answers[0]);
}

int main() {
  std::vector<int> numbers{3, 1, 4}, none;
  std::vector<bool> bits{true, true, false};
  std::vector<std::vector<short>> nested{{1, 2}, {7}};
  std::array<double, 3> fixed{0.5, 1.5, 2.5};
  std::deque<int> queue;
  for (int i = 0; i < 300; i++) queue.push_back(i * i);
  std::list<std::string> words{"first", "second"};
  std::string name = "short", same = name, longer(100, 'q');
  std::string_view view = name;
  std::map<std::string, double> prices{{"apple", 1.25}, {"pear", 2.5}};
  std::map<int, int> squares{{3, 9}, {7, 49}};
  std::unordered_map<int, std::string> hash{{3, "three"}, {4, "four"}};
  std::unique_ptr<Item> owned = std::make_unique<Item>(Item{8}), unowned;
  std::shared_ptr<Item> shared = std::make_shared<Item>(Item{9});
  std::shared_ptr<int> count = std::make_shared<int>(41);
  std::atomic<int> atomic{11};
  std::optional<int> some = 5, nothing;
  std::vector<int>::iterator third = numbers.begin() + 2;
  std::map<std::string, double>::iterator entry = prices.begin();
  std::queue<int> waiting;
  waiting.push(6);
  std::string *text = &longer;
  keep(same), keep(nothing), keep(waiting), keep(text);
#define ANSWER(expression) static_cast<long>(expression),
  const long answers[] = {EXPRESSIONS(ANSWER)};
  checkpoint(answers, sizeof answers / sizeof *answers);
  return 0;
}
