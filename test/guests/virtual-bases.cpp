// Pointers to virtual bases, and to the objects that the program itself finds them in.
namespace lib {
struct Base {
  int b = 1;
  virtual ~Base() {}
};
struct Left : virtual Base {
  int l = 2;
};
struct Right : virtual Base {
  int r = 3;
};
struct Whole : Left, Right {
  int w = 4;
};
struct Other : virtual Base {
  long o[4] = {5};
};
namespace {
struct Hidden : Right {
  int h = 6;
};
}  // namespace
template <typename T> struct Box : virtual Base {
  T content = 7;
};
struct Plain {
  int p = 8;
};
struct OfPlain : virtual Plain {
  int q = 9;
};
// Bases that a class has more than once, and such that are not public.
struct A {
  long a = 1;
  A() {}  // Where a constructor is, clang describes the class.
  virtual ~A() {}
};
struct B : A {
  long b = 2;
};
struct C1 : B {};
struct C2 : B {};
struct Side {
  long s = 3;
  Side() {}
  virtual ~Side() {}
};
struct D : C1, C2, Side {};
struct Twice : Left, Whole {};
class Closed : A, public Side {
public:
  A *inside() { return this; }
};
struct Opened : Closed {};
}  // namespace lib

using namespace lib;

Whole whole;
Other other;
Hidden hidden;
Box<int> box;
Base alone;
OfPlain ofPlain;

Base *inWhole = &whole, *inOther = &other, *inHidden = &hidden, *inBox = &box, *byItself = &alone, *none = nullptr;
Plain *plain = &ofPlain;

D several;
Twice twice;
Opened opened;
B oneB;
A *inFirst = static_cast<C1 *>(&several), *inSecond = static_cast<C2 *>(&several), *inClosed = opened.inside();
Side *aside = &several, *asideOfClosed = &opened;
Base *inTwice = &twice;
Right *rightOfTwice = &twice;

B *bOfFirst, *bOfSecond, *bOfSide, *bOfClosed, *bItself;
A *aOfSecond, *aOfSide, *aOfOpened;
C1 *c1OfSecond;
C2 *c2OfSide;
D *dOfSecond;
Side *sideOfSecond, *sideOfClosed;
Closed *closedOfInside, *closedOfSide;
Opened *openedOfInside;
Left *leftOfTwice, *leftOfRight;
Whole *wholeOfTwice;

Whole *wholeFound;
Left *leftFound;
Right *rightFound, *rightOfHidden;
Other *otherFound;

int main() {
  wholeFound = dynamic_cast<Whole *>(inWhole);
  leftFound = dynamic_cast<Left *>(inWhole);
  rightFound = dynamic_cast<Right *>(inWhole);
  rightOfHidden = dynamic_cast<Right *>(inHidden);
  otherFound = dynamic_cast<Other *>(inOther);
  bOfFirst = dynamic_cast<B *>(inFirst);
  bOfSecond = dynamic_cast<B *>(inSecond);
  bOfSide = dynamic_cast<B *>(aside);
  bOfClosed = dynamic_cast<B *>(inClosed);
  bItself = dynamic_cast<B *>(static_cast<A *>(&oneB));
  aOfSecond = dynamic_cast<A *>(static_cast<C2 *>(&several));
  aOfSide = dynamic_cast<A *>(aside);
  aOfOpened = dynamic_cast<A *>(asideOfClosed);
  c1OfSecond = dynamic_cast<C1 *>(inSecond);
  c2OfSide = dynamic_cast<C2 *>(aside);
  dOfSecond = dynamic_cast<D *>(inSecond);
  sideOfSecond = dynamic_cast<Side *>(inSecond);
  sideOfClosed = dynamic_cast<Side *>(inClosed);
  closedOfInside = dynamic_cast<Closed *>(inClosed);
  closedOfSide = dynamic_cast<Closed *>(asideOfClosed);
  openedOfInside = dynamic_cast<Opened *>(inClosed);
  leftOfTwice = dynamic_cast<Left *>(inTwice);
  leftOfRight = dynamic_cast<Left *>(rightOfTwice);
  wholeOfTwice = dynamic_cast<Whole *>(inTwice);
  return wholeFound->w + leftFound->l + rightFound->r + rightOfHidden->r + otherFound->o[0] + plain->p;
}
