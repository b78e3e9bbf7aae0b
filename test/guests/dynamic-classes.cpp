// Objects that pointers and references to their base classes lead to.
#include <memory>
#include <vector>

extern "C" __attribute__((noinline)) void checkpoint() { asm volatile("" ::: "memory"); }
template <typename T> inline void keep(T &object) { asm volatile("" ::"r"(&object) : "memory"); }

namespace shapes {
struct Shape {
  int id = 1;
  virtual ~Shape() {}
  virtual double area() const { return 0; }
};
struct Named {
  const char *name = "named";
  virtual ~Named() {}
};
struct Circle : Shape {
  double radius = 2.5;
  double area() const override { return radius; }
};
struct Label : Shape, Named {
  short size = 12;
};
struct Left : virtual Shape {
  int left = 3;
};
struct Right : virtual Shape {
  int right = 4;
};
struct Both : Left, Right, Named {
  int both = 5;
};
namespace {
struct Hidden : Circle {
  char mark = 'h';
};
template <typename T> struct Veiled : Shape {
  T veiled = 7;
};
}  // namespace
template <typename T, int N> struct Grid : Named, Shape {
  T cells[N] = {};
};
template <typename... T> struct Pack : virtual Shape {
  long packed = sizeof...(T);
};
template <typename T> struct Plain : Circle {
  T more;
};
}  // namespace shapes

using namespace shapes;

__attribute__((noinline)) static int look(Shape &reference, const Shape *argument) {
  Shape plain;
  Label label;
  Both both;
  Hidden hidden;
  Shape *itself = &plain, *circle = new Circle, *first = &label, *virtually = &both, *none = nullptr;
  Named *second = &label, *third = &both;
  Left *left = &both;
  const Shape *unseen = &hidden;
  Circle *half = &hidden;
  // Pointers that lead to no object.
  Shape *text = (Shape *)"not an object of any class", *stray = (Shape *)0x7fff00001230, *inside = (Shape *)((char *)&label + 4);
  Grid<Both *, 1> grid;
  grid.cells[0] = &both;
  Grid<const char *, 1> texts;
  texts.cells[0] = "cell";
  Shape *template_ = new Grid<short, 3>, *inGrid = &grid, *veiled = new Veiled<unsigned>;
  Named *named = &texts;
  Shape *pack = new Pack<std::vector<Shape *>, int (*)(char)>, *unhappy = new Plain<Veiled<long>>, *nothing = new Pack<>;
  std::unique_ptr<Shape> owned(new Circle);
  std::vector<Shape *> several{&label, circle};
  keep(itself), keep(circle), keep(first), keep(virtually), keep(none), keep(second), keep(third), keep(left);
  keep(unseen), keep(half), keep(text), keep(stray), keep(inside), keep(owned), keep(several);
  keep(argument), keep(template_), keep(inGrid), keep(veiled), keep(named), keep(pack), keep(unhappy);
  keep(nothing);
  checkpoint();
  return reference.id + argument->id; // all are there
}

int main() {
  Circle circle;
  Label label;
  return look(label, &circle) == 0;
}
