// Names and scopes that only C++ has.
#include <cstdio>
#include <vector>

extern "C" __attribute__((noinline)) void checkpoint() { asm volatile("" ::: "memory"); }

namespace shapes {
int made = 0;

struct Shape {
  int id;
  static int last;
  explicit Shape(int id) : id(id) { made++; }
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
int Shape::last = 9;

class Square : public Shape {
  double side_;

public:
  Square(int id, double side) : Shape(id), side_(side) {}
  double area() const override;
};

double Square::area() const {
  double result = side_ * side_;
  checkpoint();
  return result;
}

template <typename T> T twice(const T &value) {
  T sum = value + value;
  checkpoint();
  return sum;
}
} // namespace shapes

namespace {
int hidden = 3;
}

int main() {
  shapes::Square square(hidden, 1.5);
  const shapes::Shape &shape = square;
  std::vector<int> numbers{1, 2, 3};
  double area = shape.area();
  for (int &number : numbers)
    number = shapes::twice(number);
  area += shapes::twice(0.25);
  std::printf("%g %d\n", area, numbers[2] + shapes::Shape::last + shapes::made);
  return 0;
}
