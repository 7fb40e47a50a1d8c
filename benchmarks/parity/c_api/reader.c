#include "reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"

struct reader open_reader(const char* path) {
    FILE* file = fopen(path, "rb");
    if (file == NULL) fail("%s: cannot be read: %s", path, strerror(errno));
    if (fseek(file, 0, SEEK_END) != 0) fail("%s: %s", path, strerror(errno));
    long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0) fail("%s: %s", path, strerror(errno));
    struct reader reader = {path, allocate((size_t)size, 1), (size_t)size, 0};
    if (fread(reader.bytes, 1, reader.size, file) != reader.size) {
        fail("%s: expected %zu bytes, the file ended before or an error came", path, reader.size);
    }
    fclose(file);
    return reader;
}

size_t bytes_left(const struct reader* reader) { return reader->size - reader->at; }

const char* take(struct reader* reader, uint64_t size, const char* what) {
    if (size > bytes_left(reader)) {
        fail("%s: expected %" PRIu64 " bytes of %s at byte %zu, the file has %zu more",
             reader->path, size, what, reader->at, bytes_left(reader));
    }
    const char* taken = reader->bytes + reader->at;
    reader->at += (size_t)size;
    return taken;
}

uint32_t take_u32(struct reader* reader, const char* what) {
    uint32_t value;
    memcpy(&value, take(reader, sizeof value, what), sizeof value);
    return value;
}

int64_t take_i64(struct reader* reader, const char* what) {
    int64_t value;
    memcpy(&value, take(reader, sizeof value, what), sizeof value);
    return value;
}

uint64_t take_u64(struct reader* reader, const char* what) {
    uint64_t value;
    memcpy(&value, take(reader, sizeof value, what), sizeof value);
    return value;
}

uint32_t take_count(struct reader* reader, size_t least, const char* what) {
    uint32_t count = take_u32(reader, what);
    if (count > bytes_left(reader) / least) {
        fail("%s: %s is %" PRIu32 ", more than the %zu bytes left can hold", reader->path, what,
             count, bytes_left(reader));
    }
    return count;
}
