// Templates of the library that call a person's functions, and those that do not.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

static int calls;

static bool less(int a, int b)
{
    calls++;
    return a < b;
}

static int twice(int value)
{
    return 2 * value;
}

int main()
{
    std::vector<int> values;
    values.push_back(3);
    values.push_back(1);
    std::sort(values.begin(), values.end(), less);
    std::function<int(int)> function = twice;
    std::string text = "x" + std::to_string(calls);
    int result = function(21);
    return result + static_cast<int>(text.size()) == 44 ? 0 : 1;
}
