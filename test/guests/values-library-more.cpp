// More objects of the C++ standard library: those that hold one value of some type, numbers, times, texts and counts.
#include <any>
#include <atomic>
#include <bitset>
#include <chrono>
#include <compare>
#include <complex>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <set>
#include <shared_mutex>
#include <span>
#include <stack>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <typeindex>
#include <unordered_map>
#include <valarray>
#include <variant>
#include <vector>
#include <version>
#ifdef __cpp_lib_expected
#include <expected>
#endif

extern "C" __attribute__((noinline)) void checkpoint() { asm volatile("" ::: "memory"); }
template <typename T> inline void keep(T &object) { asm volatile("" ::"r"(&object) : "memory"); }

struct Item {
  int number;
  std::string label;
};
struct Wide {
  long words[4] = {1, 2, 3, 4};
};
namespace {
struct Hidden {
  int secret = 42;
};
}  // namespace

static int twice(int value) { return 2 * value; }
struct Adder {
  int base;
  int operator()(int value) const { return base + value; }
};
struct Method {
  int value = 3;
  int get() const { return value; }
};

__attribute__((noinline)) static size_t anything() {
  std::any nothing, number = 42, real = 2.5, text = std::string("held"), words = std::vector<int>{1, 2, 3};
  std::any wide = Wide{}, hidden = Hidden{}, item = Item{7, "seven"}, pointer = "literal", nested = std::any(5);
  keep(nothing), keep(number), keep(real), keep(text), keep(words), keep(wide), keep(hidden), keep(item), keep(pointer);
  keep(nested);
  checkpoint();
  return number.has_value();
}

__attribute__((noinline)) static size_t callables() {
  int base = 10;
  std::string captured = "captured";
  std::function<int(int)> none, plain = twice, object = Adder{5}, lambda = [](int value) { return value + 1; };
  std::function<int(int)> closure = [base, captured](int value) { return base + value + int(captured.size()); };
  std::function<int(const Method &)> method = &Method::get;
  std::reference_wrapper<int> reference = base;
  std::reference_wrapper<std::string> label = captured;
  keep(none), keep(plain), keep(object), keep(lambda), keep(closure), keep(method), keep(reference), keep(label);
  checkpoint();
  return plain(1) + object(1) + lambda(1) + closure(1) + method(Method{});
}

__attribute__((noinline)) static size_t numbers() {
  std::bitset<8> byte(0b10100101);
  std::bitset<0> empty;
  std::bitset<64> word(1ull << 63 | 1);
  std::bitset<130> large;
  large[0] = large[64] = large[129] = true;
  std::complex<double> complex(1.5, -2.5);
  std::complex<float> small(0.25f, 3);
  std::valarray<int> values{3, 1, 2}, novalues;
  std::atomic<int> count{11};
  std::atomic<bool> flag{true};
  std::atomic<double> real{0.5};
  std::atomic<Item *> pointer{nullptr};
  std::atomic_flag set = ATOMIC_FLAG_INIT;
  std::strong_ordering less = 1 <=> 2, equal = 1 <=> 1;
  std::partial_ordering unordered = std::partial_ordering::unordered;
  std::byte raw{0x7f};
  keep(byte), keep(empty), keep(word), keep(large), keep(complex), keep(small), keep(values), keep(novalues), keep(count);
  keep(flag), keep(real), keep(pointer), keep(set), keep(less), keep(equal), keep(unordered), keep(raw);
  checkpoint();
  return byte.count() + values.size();
}

__attribute__((noinline)) static size_t times() {
  using namespace std::chrono;
  seconds some(90);
  milliseconds milli(1500);
  nanoseconds nano(-7);
  microseconds micro(8);
  minutes minute(3);
  hours hour(25);
  days day(2);
  duration<double> real(0.25);
  duration<int, std::ratio<1, 30>> frames(60);
  system_clock::time_point then(seconds(1700000000));
  steady_clock::time_point steady(nanoseconds(123456789));
  sys_days date = 2024y / February / 29;
  year_month_day calendar = 2024y / February / 29;
  weekday friday = Friday;
  keep(some), keep(milli), keep(nano), keep(micro), keep(minute), keep(hour), keep(day), keep(real), keep(frames);
  keep(then), keep(steady), keep(date), keep(calendar), keep(friday);
  checkpoint();
  return some.count();
}

__attribute__((noinline)) static size_t texts() {
  std::filesystem::path file = "/usr/lib/file.txt", relative = "only", nothing;
  std::wstring wide = L"wide \u20ac";
  std::u8string utf8 = u8"acht \u20ac";
  std::u16string utf16 = u"sechzehn \U0001f600";
  std::u32string utf32 = U"zweiunddreissig \U0001f600";
  std::string zeros("a\0b\0", 4), broken("caf\xe9 \xff", 6), umlaut = "gr\u00fc\u00df";
  std::string_view view = std::string_view(umlaut).substr(0, 2), none;
  std::wstring_view wideview = wide;
  std::error_code error = std::make_error_code(std::errc::no_such_file_or_directory), fine;
  std::error_condition condition = std::errc::permission_denied;
  keep(file), keep(relative), keep(nothing), keep(wide), keep(utf8), keep(utf16), keep(utf32), keep(zeros), keep(broken);
  keep(umlaut), keep(view), keep(none), keep(wideview), keep(error), keep(fine), keep(condition);
  checkpoint();
  return wide.size();
}

struct Closer {
  int code;
  void operator()(Item *item) const { delete item; }
};
struct Cleaner {
  void operator()(Item *item) const { delete item; }
};
static void dispose(Item *item) { delete item; }

__attribute__((noinline)) static size_t holders() {
  std::unique_ptr<Item, Closer> closing(new Item{1, "closing"}, Closer{9});
  std::unique_ptr<Item, Cleaner> cleaning(new Item{2, "cleaning"});
  std::unique_ptr<Item, void (*)(Item *)> disposing(new Item{3, "disposing"}, dispose);
  std::unique_ptr<int[]> array(new int[3]{1, 2, 3});
  std::shared_ptr<Item> shared(new Item{4, "shared"}), other = shared, none;
  std::shared_ptr<int> part(shared, &shared->number);
  std::shared_ptr<void> erased = shared;
  std::weak_ptr<Item> weak = shared, expired;
  expired = std::make_shared<Item>(Item{5, "gone"});
  std::exception_ptr caught, nothing;
  try {
    throw std::runtime_error("caught");
  } catch (...) {
    caught = std::current_exception();
  }
  std::runtime_error runtime("what it says");
  std::logic_error logic("a logical one");
  std::optional<std::vector<int>> list = std::vector<int>{1, 2};
  std::optional<std::optional<int>> twice = std::optional<int>();
  std::variant<std::monostate, int, std::vector<int>> variant = std::vector<int>{4, 5}, initial;
  std::type_index index = typeid(Item);
  keep(closing), keep(cleaning), keep(disposing), keep(array), keep(shared), keep(other), keep(none), keep(part);
  keep(erased), keep(weak), keep(expired), keep(caught), keep(nothing), keep(runtime), keep(logic), keep(list);
  keep(twice), keep(variant), keep(initial), keep(index);
#ifdef __cpp_lib_expected
  std::expected<int, std::string> good = 5, bad = std::unexpected(std::string("failed"));
  std::expected<void, int> done, undone = std::unexpected(3);
  keep(good), keep(bad), keep(done), keep(undone);
#endif
  checkpoint();
  return shared.use_count();
}

__attribute__((noinline)) static size_t sequences() {
  int plain[] = {1, 2, 3, 4};
  std::span<int> dynamic(plain, 3);
  std::span<int, 4> fixed(plain);
  std::initializer_list<int> list{7, 8, 9};
  std::stack<int> stack(std::deque<int>{1, 2});
  std::queue<std::string> queue(std::deque<std::string>{"front", "back"});
  std::priority_queue<int> priority;
  priority.push(3), priority.push(9), priority.push(1);
  std::multimap<std::string, int> multi{{"a", 1}, {"a", 2}};
  std::multiset<int> multiset{5, 5, 6};
  std::unordered_multimap<int, int> unordered{{1, 2}};
  std::tuple<> unit;
  std::tuple<int, std::pair<char, long>, std::string> tuple{1, {'c', 2}, "three"};
  std::array<int, 0> nothing;
  std::vector<bool> bits(70, true);
  bits[3] = bits[65] = false;
  std::vector<bool>::iterator bit = bits.begin() + 3;
  std::vector<bool>::reference bitref = bits[65];
  std::vector<int> vector{1, 2, 3};
  auto inVector = vector.begin() + 1;
  auto backwards = vector.rbegin();
  std::map<int, std::string> map{{1, "one"}, {2, "two"}};
  auto inMap = map.find(2);
  auto node = map.extract(1);
  std::set<int> set{4, 5};
  auto inSet = set.begin();
  std::list<int> linked{6, 7};
  auto inList = linked.begin();
  std::deque<int> deque{8, 9};
  auto inDeque = deque.begin() + 1;
  std::forward_list<int> forward{10};
  auto inForward = forward.begin();
  std::unordered_map<int, int> hash{{11, 12}};
  auto inHash = hash.begin();
  keep(dynamic), keep(fixed), keep(list), keep(stack), keep(queue), keep(priority), keep(multi), keep(multiset);
  keep(unordered), keep(unit), keep(tuple), keep(nothing), keep(bits), keep(bit), keep(bitref), keep(vector);
  keep(inVector), keep(backwards), keep(map), keep(inMap), keep(node), keep(set), keep(inSet), keep(linked), keep(inList);
  keep(deque), keep(inDeque), keep(forward), keep(inForward), keep(hash), keep(inHash);
  checkpoint();
  return priority.size();
}

__attribute__((noinline)) static size_t threads() {
  std::mutex free, taken;
  std::recursive_mutex recursive;
  std::timed_mutex timed;
  std::shared_mutex shared;
  std::condition_variable condition;
  std::once_flag once;
  std::thread nobody;
  std::thread::id self = std::this_thread::get_id();
  taken.lock();
  recursive.lock(), recursive.lock();
  std::unique_lock<std::mutex> lock(free), unlocked;
  std::lock_guard<std::timed_mutex> guard(timed);
  keep(free), keep(taken), keep(recursive), keep(timed), keep(shared), keep(condition), keep(once), keep(nobody);
  keep(self), keep(lock), keep(unlocked), keep(guard);
  checkpoint();
  recursive.unlock(), recursive.unlock();
  taken.unlock();
  return lock.owns_lock();
}

int main() { return anything() + callables() + numbers() + times() + texts() + holders() + sequences() + threads() == 0; }
