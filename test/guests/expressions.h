// What random C expressions are made of: an object of every kind, none of them zero.
struct inner { unsigned short small; double ratio; };
struct record {
  int number;
  unsigned narrow : 3;
  int field : 7;
  unsigned wide : 32;
  _Bool flag : 1;
  struct inner inner;
  struct { int anonymous; };
  short table[2][3];
  struct record *next;
};
enum color { RED = 1, GREEN = 20, BLUE = 300 };
enum sign { MINUS = -1, PLUS = 1 };
typedef unsigned long word;

char c = 200;
signed char sc = -7;
unsigned char uc = 251;
short s = -1234;
unsigned short us = 60000;
int i = -123456;
unsigned u = 4000000000u;
long l = -1234567890123;
word ul = 17000000000000000000ul;
long long ll = 77;
unsigned long long ull = 99;
__int128 big = ((__int128)-5 << 70) + 3;
float f = 1.1f;
double d = -2.75;
_Bool b = 1;
enum color color = BLUE;
enum sign sign = MINUS;
int values[5] = {10, -20, 30, -40, 50};
struct record other = {.number = 5, .narrow = 5, .field = -60, .wide = 4000000001u, .table = {{1, 2, 3}, {4, 5, 6}}};
struct record record = {.number = -9, .narrow = 6, .field = 33, .wide = 7, .flag = 1, .inner = {40000, 0.1},
  .anonymous = 12, .table = {{-1, -2, -3}, {-4, -5, -6}}, .next = &other};
int *pointer = values + 2;
struct record *link = &record;
char text[] = "text";
