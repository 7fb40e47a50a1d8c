#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "reader.h"
#include "tensor_file.h"
#include "tensorflow/c/tf_tstring.h"

#define MOST_AXES 254 /* of a TensorFlow tensor */

static char* read_name(struct reader* reader) {
    uint32_t size = take_u32(reader, "a name's length");
    const char* taken = take(reader, size, "a name");
    char* name = allocate((size_t)size + 1, 1);
    memcpy(name, taken, size);
    return name;
}

/* Sizes of the axes into `dims`; the number of elements. */
static uint64_t read_shape(struct reader* reader, const char* name, int64_t* dims, uint32_t rank) {
    uint64_t elements = 1;
    for (uint32_t axis = 0; axis < rank; ++axis) {
        dims[axis] = take_i64(reader, "an axis");
        if (dims[axis] < 0) fail("%s: %s: an axis of %" PRId64, reader->path, name, dims[axis]);
        if (__builtin_mul_overflow(elements, (uint64_t)dims[axis], &elements)) {
            fail("%s: %s: more elements than can be counted", reader->path, name);
        }
    }
    return elements;
}

/* Elements that are views of the reader's bytes, so nobody else has to free them. */
static TF_Tensor* read_strings(struct reader* reader, const char* name, const int64_t* dims,
                               uint32_t rank, uint64_t elements, uint64_t bytes) {
    size_t begin = reader->at;
    if (bytes > bytes_left(reader) || elements > bytes / sizeof(uint64_t)) {
        fail("%s: %s: expected %" PRIu64 " strings, got %" PRIu64 " bytes, of %zu in the file",
             reader->path, name, elements, bytes, bytes_left(reader));
    }
    size_t size = (size_t)elements * sizeof(TF_TString);
    TF_Tensor* tensor = TF_AllocateTensor(TF_STRING, dims, (int)rank, size);
    if (tensor == NULL) fail("%s: %s: no tensor of %zu bytes", reader->path, name, size);
    TF_TString* strings = TF_TensorData(tensor);
    for (uint64_t at = 0; at < elements; ++at) {
        uint64_t length = take_u64(reader, "a string's length");
        const char* text = take(reader, length, "a string");
        TF_StringInit(&strings[at]);
        TF_StringAssignView(&strings[at], text, (size_t)length);
    }
    if (reader->at - begin != bytes) {
        fail("%s: %s: expected strings of %" PRIu64 " bytes, got %zu", reader->path, name, bytes,
             reader->at - begin);
    }
    return tensor;
}

static TF_Tensor* read_numbers(struct reader* reader, const char* name, TF_DataType type,
                               const int64_t* dims, uint32_t rank, uint64_t elements,
                               uint64_t bytes) {
    size_t size = TF_DataTypeSize(type);
    uint64_t expected;
    if (size == 0) fail("%s: %s: type %d is neither numbers nor text", reader->path, name, type);
    if (__builtin_mul_overflow(elements, (uint64_t)size, &expected) || expected != bytes) {
        fail("%s: %s: expected %" PRIu64 " elements of %zu bytes, got %" PRIu64 " bytes",
             reader->path, name, elements, size, bytes);
    }
    const char* data = take(reader, bytes, "numbers");
    TF_Tensor* tensor = TF_AllocateTensor(type, dims, (int)rank, (size_t)bytes);
    if (tensor == NULL) fail("%s: %s: no tensor of %" PRIu64 " bytes", reader->path, name, bytes);
    if (bytes > 0) memcpy(TF_TensorData(tensor), data, (size_t)bytes);
    return tensor;
}

static TF_Tensor* read_tensor(struct reader* reader, const char* name) {
    int64_t dims[MOST_AXES];
    TF_DataType type = (TF_DataType)take_u32(reader, "a type");
    uint32_t rank = take_u32(reader, "a rank");
    if (rank > MOST_AXES) fail("%s: %s: %" PRIu32 " axes", reader->path, name, rank);
    uint64_t elements = read_shape(reader, name, dims, rank);
    uint64_t bytes = take_u64(reader, "the size of data");
    if (type == TF_STRING) return read_strings(reader, name, dims, rank, elements, bytes);
    return read_numbers(reader, name, type, dims, rank, elements, bytes);
}

struct call read_call(const char* path) {
    struct reader reader = open_reader(path);
    struct call call = {.bytes = reader.bytes};
    if (memcmp(take(&reader, strlen(MAGIC), "magic"), MAGIC, strlen(MAGIC)) != 0) {
        fail("%s: expected a file that begins with %s", path, MAGIC);
    }
    call.feed_count = take_count(&reader, sizeof(uint32_t), "the number of tensors");
    call.feed_names = allocate(call.feed_count, sizeof *call.feed_names);
    call.feeds = allocate(call.feed_count, sizeof *call.feeds);
    for (uint32_t at = 0; at < call.feed_count; ++at) {
        call.feed_names[at] = read_name(&reader);
        call.feeds[at] = read_tensor(&reader, call.feed_names[at]);
    }
    call.fetch_count = take_count(&reader, sizeof(uint32_t), "the number of fetches");
    call.fetch_names = allocate(call.fetch_count, sizeof *call.fetch_names);
    for (uint32_t at = 0; at < call.fetch_count; ++at) call.fetch_names[at] = read_name(&reader);
    if (bytes_left(&reader) > 0) fail("%s: %zu bytes behind its end", path, bytes_left(&reader));
    return call;
}

void delete_call(struct call* call) {
    for (uint32_t at = 0; at < call->feed_count; ++at) {
        TF_DeleteTensor(call->feeds[at]);
        free(call->feed_names[at]);
    }
    for (uint32_t at = 0; at < call->fetch_count; ++at) free(call->fetch_names[at]);
    free(call->feeds);
    free(call->feed_names);
    free(call->fetch_names);
    free(call->bytes);
}
