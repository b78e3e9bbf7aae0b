// Objects of the kinds of types that C++ has and C has not.
#include <cstdint>

extern "C" __attribute__((noinline)) void checkpoint() { asm volatile("" ::: "memory"); }
template <typename T> inline void keep(T &object) { asm volatile("" ::"r"(&object) : "memory"); }

namespace shapes {
enum Plain { ROUND, SQUARE = 4 };
enum class Color : unsigned char { Red, Green = 3, Blue = 200 };
namespace inner {
struct Mark {
  Color color;
  int weight;
};
} // namespace inner

struct Named {
  const char *name;
  static int count;
  static constexpr long limit = 77;
  explicit Named(const char *name) : name(name) { count++; }
};
int Named::count = 5;

struct Positioned {
  double x = 1.5, y = -2.5;
  virtual ~Positioned() = default;
  virtual int id() const { return 1; }
};

struct Left : virtual Positioned {
  int left = 10;
};
struct Right : virtual Positioned {
  int right = 20;
};
struct Diamond : Left, Right, private Named {
  int own = 30;
  Diamond() : Named("diamond") {}
  int id() const override { return own; }
  __attribute__((noinline)) int visit(int by) {
    int result = own + by + left;
    keep(result);
    checkpoint();
    return result + id();
  }
};

template <typename T, int N> struct Box {
  T items[N];
  T *first = items;
  struct Inside {
    T value;
    Box *owner;
  } inside{items[0], this};
};
} // namespace shapes

namespace {
struct Hidden {
  int value = 3;
};
Hidden hidden;
} // namespace

struct Empty {};
struct Derived : Empty {
  int value = 9;
};

union Either {
  int32_t integer;
  float single;
  Either() : single(1.0f) {}
};

__attribute__((noinline)) static int pass(const int &constant, int &&temporary, shapes::Diamond &object,
                                          shapes::inner::Mark mark) {
  const shapes::Positioned &base = object;
  shapes::Positioned *pointer = &object;
  int &alias = object.own;
  int shapes::Diamond::*member = &shapes::Diamond::own;
  int (shapes::Diamond::*method)(int) = &shapes::Diamond::visit;
  int shapes::Diamond::*none = nullptr;
  decltype(nullptr) null = nullptr;
  auto lambda = [&alias, by = constant](int x) { return alias + by + x; };
  int called = lambda(2);
  keep(base), keep(pointer), keep(alias), keep(member), keep(method), keep(none), keep(null), keep(lambda), keep(called);
  keep(constant), keep(temporary), keep(mark);
  checkpoint();
  return called + (object.*method)(constant) + temporary;
}

int main() {
  shapes::Diamond diamond;
  shapes::inner::Mark mark{shapes::Color::Blue, 12};
  shapes::Color odd = static_cast<shapes::Color>(9);
  shapes::Plain plain = shapes::SQUARE;
  shapes::Box<short, 3> box{{1, -2, 3}};
  shapes::Box<shapes::inner::Mark, 1> marks{{mark}};
  Derived derived;
  Either either;
  struct Local {
    int a;
    bool b;
  } local{4, true};
  char16_t letter = u'\u00e9';
  const char8_t *text = u8"eight";
  keep(diamond), keep(mark), keep(odd), keep(plain), keep(box), keep(marks), keep(derived), keep(either), keep(local);
  keep(letter), keep(text), keep(hidden);
  int result = pass(41, 42, diamond, mark);
  checkpoint();
  return result == 0;
}
