// Objects with very many parts.
#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

struct Item {
  int number;
  char label[12];
};
struct Wide {
  int matrix[2000][500];
  Item items[5000];
} wide;
int huge[2000000];
char text[1 << 20];

struct ByLastDigit {
  bool operator()(int left, int right) const { return left % 10 != right % 10 ? left % 10 < right % 10 : left < right; }
};
struct Silly {
  size_t operator()(int value) const { return value / 3; }
};
enum class Tone : short { Low = -1000, High = 1000 };

std::vector<Item> vector(1000000);
std::deque<long> deque;
std::list<int> list;
std::forward_list<int> forward;
std::map<int, std::string> map;
std::map<std::string, int, std::greater<>> names;
std::map<int, int, ByLastDigit> digits;
std::map<Tone, int> tones{{Tone::Low, 1}, {Tone::High, 2}};
std::map<double, int> reals{{-1.5, 1}, {0, 2}, {2.25, 3}};
std::multimap<int, int> multi;
std::set<unsigned long> set;
std::unordered_map<std::string, int> hash;
std::unordered_map<int, int, Silly> silly;
std::unordered_multimap<int, char> unsorted{{5, 'a'}, {5, 'b'}};

static void fill(int large, int small) {
  for (int i = 0; i < large; i++) {
    map[2 * i] = std::to_string(i);
    hash["k" + std::to_string(i)] = i;
    list.push_back(i);
  }
  for (int i = 0; i < small; i++) {
    deque.push_back(i);
    forward.push_front(i);
    names["n" + std::to_string(i)] = i;
    digits[i] = i;
    multi.insert({i / 2, i});
    set.insert(~0ul - i);
    silly[i] = -i;
  }
  for (int i = 0; i < 5000; i++)
    vector[i].number = wide.items[i].number = huge[i] = i;
  huge[1999999] = 42;
  for (char &one : text)
    one = 'q';
}

__attribute__((noinline)) static int look(int length) {
  int variable[length];
  variable[5] = 7;
  variable[length - 1] = 8;
  asm volatile("" ::"r"(variable) : "memory");
  return variable[5]; // everything is there
}

int main(int argc, char **) {
  fill(100000, 20000);
  return look(300000 * argc) != 7;
}
