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
  return wholeFound->w + leftFound->l + rightFound->r + rightOfHidden->r + otherFound->o[0] + plain->p;
}
