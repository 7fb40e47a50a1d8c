/* The file that a call comes in, and the one that its result leaves in.

   Numbers are little-endian, as on every machine that TensorFlow's wheel is for; nothing is aligned.

       file     magic, tensors, fetches
       magic    8 bytes, "TENSORS1"
       tensors  uint32 count; each: name, uint32 type, uint32 rank, int64 size of each axis,
                uint64 bytes of its data, data
       fetches  uint32 count; each: name
       name     uint32 bytes, then these, UTF-8: "serving_default_age:0"

   A type is TensorFlow's number (TF_DataType). Data is in row-major order: numbers as they lie in
   memory, each string as uint64 bytes, then these. A call has the tensors to feed and the names of
   those to fetch. A result has what was fetched, in that order, and no fetches.
   tensor_file.py is the other side. */

#ifndef MATINEE_TENSOR_FILE_H_
#define MATINEE_TENSOR_FILE_H_

#include <stdint.h>

#include "tensorflow/c/tf_tensor.h"

#define MAGIC "TENSORS1"

struct call {
    char* bytes; /* of the file; the strings of `feeds` lie there */
    uint32_t feed_count;
    char** feed_names;
    TF_Tensor** feeds;
    uint32_t fetch_count;
    char** fetch_names;
};

/* Fails where the file is no whole call; the result goes to `delete_call`. */
struct call read_call(const char* path);

void delete_call(struct call* call);

/* Writes what was fetched for a call, `call->fetch_count` tensors. */
void write_result(const char* path, const struct call* call, TF_Tensor* const* fetched);

#endif  /* MATINEE_TENSOR_FILE_H_ */
