/* Headers that make megabytes of debug information: what F5 has to read before the first stop. */
#include <algorithm>
#include <chrono>
#include <complex>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

int main(int argc, char **argv) {
  std::map<std::string, std::vector<int>> numbers; // stop here
  std::unordered_map<std::string, std::complex<double>> points;
  std::regex word("([a-z]+)=([0-9]+)(,[0-9]+)*", std::regex::icase);
  std::wregex wide(L"[a-z]+|[0-9]{2,}");
  std::smatch match;
  for (int i = 1; i < argc; i++) {
    std::string text = argv[i];
    if (!std::regex_match(text, match, word)) continue;
    std::istringstream list(match[2]);
    for (int number; list >> number;) numbers[match[1]].push_back(number);
    points[match[1]] = {1.0 * i, 2.0};
  }
  std::mt19937_64 engine(numbers.size());
  std::normal_distribution<double> normal;
  auto later = std::async(std::launch::deferred, [&] { return normal(engine) + std::arg(points["x"]); });
  std::set<std::function<int()> *> calls;
  std::sort(numbers["a"].begin(), numbers["a"].end(), std::greater<>());
  std::cout << numbers.size() + calls.size() << ' ' << later.get() << std::regex_match(L"ab", wide) << '\n';
  return 0;
}
