/* A file in memory, of which no byte beyond its end is ever read. */

#ifndef MATINEE_READER_H_
#define MATINEE_READER_H_

#include <stddef.h>
#include <stdint.h>

struct reader {
    const char* path;
    char* bytes;
    size_t size;
    size_t at; /* the next byte to take */
};

/* Reads the whole file; the caller frees `bytes`. */
struct reader open_reader(const char* path);

/* The next `size` bytes, which stay those of the reader; `what` names them in the error. */
const char* take(struct reader* reader, uint64_t size, const char* what);

uint32_t take_u32(struct reader* reader, const char* what);
int64_t take_i64(struct reader* reader, const char* what);
uint64_t take_u64(struct reader* reader, const char* what);

/* A number of things of at least `least` bytes each: fails if the file cannot hold as many. */
uint32_t take_count(struct reader* reader, size_t least, const char* what);

size_t bytes_left(const struct reader* reader);

#endif  /* MATINEE_READER_H_ */
