// Exceptions of C++ that are thrown, thrown again and caught.
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

namespace shop {
template <typename T> struct Missing : std::runtime_error {
  T key;
  explicit Missing(T key) : std::runtime_error("no such key"), key(key) {}
};
struct Late : virtual std::exception {
  std::string text = "a text of its own, which is long enough for the heap";
  const char *what() const noexcept override { return text.c_str(); }
};
struct Tagged {
  virtual ~Tagged() {}
  long tag = 7;
};
struct Both : Tagged, Late {};
struct Plain {
  int code;
};
}  // namespace shop

static int total;

__attribute__((noinline)) static void raise(int number) {
  switch (number) {
  case 0:
    throw std::runtime_error("out of pears"); // runtime
  case 1:
    throw shop::Missing<std::string>("plum"); // template
  case 2:
    throw shop::Late(); // virtual
  case 3:
    throw shop::Both(); // second
  case 4:
    throw shop::Plain{3}; // plain
  case 5:
    throw 42; // number
  case 6:
    throw "just text"; // text
  case 7:
    total += std::vector<int>().at(5); // library
    break;
  case 8:
    total += std::get<1>(std::variant<int, char>(3)); // variant
    break;
  case 9:
    throw std::system_error(2, std::generic_category(), "open"); // system
  case 10:
    throw new shop::Plain{4}; // pointer
  default:
    throw std::bad_alloc(); // memory
  }
}

__attribute__((noinline)) static void again(int number) {
  try {
    raise(number);
  } catch (...) {
    total++;
    throw; // again
  }
}

int main(int argc, char **) {
  for (int number = 0; number < 12; number++) {
    try {
      number == 11 ? again(number) : raise(number);
    } catch (const std::exception &error) {
      std::printf("%d %s\n", number, error.what()); // exception
    } catch (...) {
      std::printf("%d\n", number); // anything
    }
  }
  std::fflush(stdout);
  if (argc > 1) raise(0);
  return total == 0;
}
