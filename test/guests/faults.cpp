// Ends by a fault of the kind that its argument names.
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Shape {
  virtual ~Shape() = default;
  virtual int area() const { return 0; }
  int sides = 0;
};
struct Square : Shape {
  int side = 2;
  int area() const override { return side * side; }
  int grow(int by) { return side += by; }
};
namespace drawing {
struct Canvas {
  Shape *shapes[8] = {};
  std::unique_ptr<Square> best;
  static Canvas *current;
};
Canvas *Canvas::current = nullptr;
Canvas canvas;
}

static int twice(int &value) { return value * 2; }
static void fill(std::vector<int> &values, int index) { values[index] = 1; }
struct Handler {
  void (Handler::*call)(int) = nullptr;
  void (*plain)(int) = nullptr;
};

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "";
  Square *square = nullptr;
  Shape *shape = nullptr;
  Handler handler;
  auto is = [&](const char *word) { return std::strcmp(kind, word) == 0; };
  if (is("virtual")) return shape->area();
  if (is("method")) return square->grow(1);
  if (is("base-member")) return square->sides;
  if (is("static-member")) drawing::Canvas::current->shapes[2] = nullptr;
  if (is("array-of-pointers")) drawing::canvas.shapes[3]->sides = 1;
  if (is("unique")) drawing::canvas.best->side = 3;
  if (is("reference")) return twice(*(int *)nullptr);
  if (is("plain")) handler.plain(1);
  if (is("vector")) {
    std::vector<int> values(10);
    fill(values, 90000000);
  }
  if (is("lambda")) {
    int *missing = nullptr;
    auto store = [missing](int value) { *missing = value; };
    store(3);
  }
  if (is("shared")) {
    std::shared_ptr<Square> none;
    return none->side;
  }
  return 0;
}
