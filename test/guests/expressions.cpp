// Names, references, classes and templates of C++, as expressions of a debugger meet them.
namespace shapes {
enum class Kind { Square = 4, Circle };
enum Size { SMALL, LARGE = 7 };

struct Named {
  int id = 11;
  static int made;
};
int Named::made = 3;

struct Placed {
  long x = -5, y = 6;
};

template <typename T> struct Box {
  T content;
};

namespace {
int hidden = 21;
}
int area = 99;

struct Shape : Named, Placed {
  Kind kind = Kind::Circle;
  Size size = LARGE;
  Box<short> box{-8};
  int &alias;
  explicit Shape(int &target) : alias(target) {}

  long sum(int factor) const {
    long local = id + x * factor + hidden;
    return local + area;
  }
};
}  // namespace shapes

struct Table {
  int rows[3] = {1, 2, 3};
  int &operator[](int at) { return rows[at]; }
};
Table table;

int counter = 40;
shapes::Shape shape(counter);
shapes::Placed *placed = &shape;
shapes::Box<shapes::Box<int>> nested{{17}};
bool truth = true;
const int &reference = counter;

int main() { return table[0] + static_cast<int>(shape.sum(2)) + nested.content.content + *&reference; }
