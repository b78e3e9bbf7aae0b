/* Fails to open a file, and does not ask why. */
#include <fcntl.h>
#include <unistd.h>

__attribute__((noinline)) void checkpoint(void)
{
    __asm__ volatile("");
}

int main(void)
{
    open("/nonexistent", O_RDONLY);
    checkpoint();
    return 0;
}
