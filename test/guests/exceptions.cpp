// C++: exceptions through frames with destructors, containers, streams, thread-safe statics, std::thread.
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Noisy {
  std::string name;
  explicit Noisy(std::string given) : name(std::move(given)) {}
  ~Noisy() { std::cout << "gone " << name << "\n"; }
};

static int descend(int depth) {
  Noisy here("frame " + std::to_string(depth));
  if (depth == 0) throw std::runtime_error("bottom");
  return descend(depth - 1) + 1;
}

int main() {
  try {
    descend(3);
  } catch (const std::exception &error) {
    std::cout << "caught " << error.what() << std::endl;
  }
  try {
    std::vector<int>().at(5);
  } catch (const std::out_of_range &) {
    std::cout << "out of range\n";
  }
  try {
    try {
      throw 42;
    } catch (int value) {
      std::cout << "rethrow " << value << "\n";
      throw;
    }
  } catch (...) {
    std::cout << "again\n";
  }
  std::map<std::string, std::unique_ptr<Noisy>> owners;
  for (const char *name : {"c", "a", "b"}) owners[name] = std::make_unique<Noisy>(name);
  for (auto &[key, owner] : owners) std::cout << key << "=" << owner->name << " ";
  std::cout << std::endl;
  int result = 0;
  std::thread worker([&] {
    try {
      throw 7;
    } catch (int value) {
      result = value;
    }
  });
  worker.join();
  std::cout << "thread " << result << "\n";
  return 0;
}
