#include "checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs(PROGRAM ": ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void check(const TF_Status* status, const char* doing) {
    if (TF_GetCode(status) != TF_OK) {
        fail("%s: TensorFlow code %d: %s", doing, (int)TF_GetCode(status), TF_Message(status));
    }
}

void* allocate(size_t count, size_t size) {
    void* memory = calloc(count ? count : 1, size);
    if (memory == NULL) fail("out of memory: %zu times %zu bytes", count, size);
    return memory;
}
