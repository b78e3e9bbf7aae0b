/* Macros that hold in a header, and in the sources behind it. */
#define SHARED 100
#define LOCAL_TO_HEADER 7

static inline int in_header(int value)
{
    int seen = value + LOCAL_TO_HEADER;
    return seen;
}

#undef LOCAL_TO_HEADER
#define LOCAL_TO_HEADER 8
