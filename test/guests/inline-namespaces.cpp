// Names that an inline namespace, or one without a name, shows in the namespace around it.
namespace lib {
inline namespace v2 {
int count = 5;
struct Item {
  int n = 3;
  static int made;
};
int Item::made = 8;
enum Mode { OFF, ON = 4 };
enum class Tone { Low = 2, High };
int twice(int a) {
  static int calls = 6;
  return a * 2 + count + calls;
}
}  // namespace v2
namespace v1 {
int count = 77;
int old = 1;
}  // namespace v1
namespace {
inline namespace deep {
int buried = 31;
}
}  // namespace
inline namespace a {
inline namespace b {
long both = 12;
template <typename T> struct Box {
  T content;
};
}  // namespace b
}  // namespace a
int own = 9;
}  // namespace lib
inline namespace outer {
int top = 15;
}
namespace other {
int count = 55;
}

lib::Item item;
lib::Box<short> box{6};
lib::Mode mode = lib::ON;
lib::Tone tone = lib::Tone::High;

int main() { return lib::twice(item.n) + lib::v1::old + lib::v1::count + lib::buried + static_cast<int>(lib::both) + top; }
