// A program that stands still with much to expand: containers in containers, long arrays, a list, pages that a fork shares,
// a process that can be killed, and three frames of its own.
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

struct Point {
  int x, y;
  char label[16];
};

struct Node {
  int value;
  Node *next;
};

struct Shape {
  virtual ~Shape() = default;
  int sides = 4;
  Point corner = {1, 2, "corner"};
};

struct Square : Shape {
  double width = 2.5;
};

static std::map<std::string, std::vector<int>> table = {{"even", {2, 4, 6}}, {"odd", {1, 3}}};
static std::list<Point> points = {{1, 2, "one"}, {3, 4, "two"}};
static std::map<int, int> squares;
static int many[1000];
static Node third = {3, nullptr}, second = {2, &third}, first = {1, &second};
static std::unique_ptr<Shape> shape = std::make_unique<Square>();

static int inner(Node *node, const Point &point) {
  int sum = node->value + point.x;
  Point copy = point;
  return sum + copy.y; // everything is there
}

static int middle(int given) {
  Point local = {given, given + 1, "local"};
  std::string text = "a text that is too long for the string itself";
  return inner(&first, local) + (int)text.size();
}

int main() {
  for (int i = 0; i < 1000; i++) many[i] = i, squares[i / 2] = i / 2 * (i / 2);
  if (fork() == 0) {
    many[0] = 7;
    pause();
    _exit(0);
  }
  int result = middle(20);
  usleep(1000);
  return result == 0;
}
