// Objects of the C++ standard library.
#include <array>
#include <atomic>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

extern "C" __attribute__((noinline)) void checkpoint() { asm volatile("" ::: "memory"); }
template <typename T> inline void keep(T &object) { asm volatile("" ::"r"(&object) : "memory"); }

struct Item {
  int number;
  std::string label;
};

__attribute__((noinline)) static size_t strings() {
  std::string empty, small = "short", large(300, 'x'), zero("a\0b", 3);
  std::string_view view = std::string_view(small).substr(1, 3);
  std::wstring wide = L"wide \u20ac";
  std::u16string utf16 = u"sixteen";
  keep(empty), keep(small), keep(large), keep(zero), keep(view), keep(wide), keep(utf16);
  checkpoint();
  return empty.size() + small.size() + large.size() + view.size();
}

__attribute__((noinline)) static size_t sequences() {
  std::vector<int> numbers{3, 1, 4, 1, 5, 9, 2, 6, 5, 3}, none;
  std::vector<bool> bits{true, false, true, true};
  std::vector<Item> items{{1, "one"}, {2, "two"}};
  std::vector<std::vector<short>> nested{{1, 2}, {}, {3}};
  std::array<double, 3> fixed{0.5, 1.5, 2.5};
  std::deque<int> queue;
  for (int i = 0; i < 300; i++)
    queue.push_back(i);
  for (int i = 0; i < 10; i++)
    queue.pop_front();
  std::list<std::string> list{"first", "second"};
  std::forward_list<char> forward{'a', 'b', 'c'};
  keep(numbers), keep(none), keep(bits), keep(items), keep(nested), keep(fixed), keep(queue), keep(list), keep(forward);
  checkpoint();
  return numbers.size() + queue.size();
}

__attribute__((noinline)) static size_t associations() {
  std::map<int, std::string> map{{2, "two"}, {1, "one"}, {3, "three"}};
  std::map<std::string, double> prices{{"apple", 1.25}, {"pear", 2.5}};
  std::multimap<char, short> multi{{'a', 1}, {'a', 2}};
  std::set<long> set{30, 10, 20};
  std::set<int> squares;
  for (int i = 0; i < 50; i++)
    squares.insert(i * i);
  std::unordered_map<std::string, int> hash{{"only", 1}};
  std::unordered_set<int> unique{7};
  std::map<int, int> nothing;
  keep(map), keep(prices), keep(multi), keep(set), keep(squares), keep(hash), keep(unique), keep(nothing);
  checkpoint();
  return map.size() + hash.size();
}

__attribute__((noinline)) static size_t holders() {
  std::optional<int> some = 5, nothing;
  std::optional<std::string> text = "text";
  std::unique_ptr<Item> owned = std::make_unique<Item>(Item{8, "owned"}), unowned;
  std::shared_ptr<Item> shared = std::make_shared<Item>(Item{9, "shared"}), other = shared;
  std::weak_ptr<Item> weak = shared;
  std::pair<int, std::string> pair{6, "six"};
  std::tuple<int, double, std::string> tuple{1, 2.5, "three"};
  std::variant<int, std::string, double> variant = std::string("held");
  std::atomic<int> atomic{11};
  keep(some), keep(nothing), keep(text), keep(owned), keep(unowned), keep(shared), keep(other), keep(weak), keep(pair);
  keep(tuple), keep(variant), keep(atomic);
  checkpoint();
  return static_cast<size_t>(*some + shared.use_count());
}

int main() { return strings() + sequences() + associations() + holders() == 0; }
