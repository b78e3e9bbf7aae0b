// Classes whose names are of all kinds: templates of types, values, functions and packs, local ones, lambdas.
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

template <typename... T> struct Pack {
  virtual ~Pack() {}
};
template <auto V> struct Value {
  virtual ~Value() {}
};
template <template <typename...> class T> struct Outer {
  template <typename U> struct Inner {
    virtual ~Inner() {}
  };
};
namespace ns {
enum class Tone { Low, High };
template <typename T, int N = 3> struct Box : Pack<T> {};
inline namespace v2 {
struct Late {
  virtual ~Late() {}
};
}  // namespace v2
namespace {
template <typename T> struct Hidden : Box<T *> {};
}  // namespace
}  // namespace ns
int object;
void function(int);

template <typename T> static void *make(T argument) {
  struct Local {
    T held;
    explicit Local(T held) : held(held) {}
    virtual ~Local() {}
  };
  return new Local(argument);
}

struct Method {
  void *run() const {
    struct Deep : Pack<const Method *> {};
    return new Deep;
  }
};

int main() {
  auto lambda = [](int, const char *) {};
  auto second = [](Method &) {};
  const void *made[] = {
      new Pack<>, new Pack<int>, new Pack<int, int *, const int *, int *const *, volatile int &, int &&>,
      new Pack<int (*)(long, ...)>, new Pack<int(char)>, new Pack<int[3]>, new Pack<int (*)[3][4]>, new Pack<int (&)[2]>,
      new Pack<int Method::*, int (Method::*)(int) const>, new Pack<decltype(nullptr), char16_t, long double, __int128>,
      new Value<3>, new Value<-3>, new Value<3u>, new Value<3l>, new Value<3ull>, new Value<true>, new Value<'c'>,
      new Value<ns::Tone::High>, new Value<&object>, new Value<&function>, new Outer<std::vector>::Inner<int>,
      new ns::Box<int>, new ns::Box<ns::Box<std::string>, 7>, new ns::Late, new ns::Hidden<double>,
      new Pack<std::map<std::string, std::vector<std::string>>, std::string>, new Pack<std::unique_ptr<ns::Late>>,
      new Pack<std::array<short, 5>, std::allocator<int>, std::wstring>, make(5), make(std::string("text")),
      make(lambda), make(second), Method().run(), new Pack<decltype(lambda)>, new Pack<Method, Method, Method *, Method *>,
  };
  asm volatile("" ::"r"(made) : "memory");
}
