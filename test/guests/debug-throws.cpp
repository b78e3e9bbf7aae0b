// Exceptions that stepping has to follow: through frames with clean-ups, caught here and further out.
#include <stdexcept>

static volatile int cleaned;

struct Cleanup {
    ~Cleanup() { cleaned = cleaned + 1; }
};

static void thrower(int depth)
{
    Cleanup cleanup;
    if (depth == 0)
        throw std::runtime_error("deep");
    thrower(depth - 1);
}

static int catcher()
{
    try {
        thrower(3);
    } catch (const std::exception &) {
        return 1;
    }
    return 0;
}

static void middle()
{
    Cleanup cleanup;
    thrower(1);
    cleaned = 100;
}

int main()
{
    int caught = catcher();
    try {
        middle();
        caught = 0;
    } catch (...) {
        caught += 1;
    }
    return caught - 2;
}
