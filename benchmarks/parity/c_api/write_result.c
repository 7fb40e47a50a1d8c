#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "tensor_file.h"
#include "tensorflow/c/tf_tstring.h"

struct writer {
    const char* path;
    FILE* file;
};

static void put(struct writer* writer, const void* data, size_t size) {
    if (size > 0 && fwrite(data, 1, size, writer->file) != size) {
        fail("%s: cannot be written: %s", writer->path, strerror(errno));
    }
}

static void put_u32(struct writer* writer, uint32_t value) { put(writer, &value, sizeof value); }
static void put_u64(struct writer* writer, uint64_t value) { put(writer, &value, sizeof value); }

static void put_name(struct writer* writer, const char* name) {
    put_u32(writer, (uint32_t)strlen(name));
    put(writer, name, strlen(name));
}

static void put_strings(struct writer* writer, const TF_Tensor* tensor) {
    const TF_TString* strings = TF_TensorData(tensor);
    int64_t elements = TF_TensorElementCount(tensor);
    uint64_t bytes = 0;
    for (int64_t at = 0; at < elements; ++at) {
        bytes += sizeof(uint64_t) + TF_StringGetSize(&strings[at]);
    }
    put_u64(writer, bytes);
    for (int64_t at = 0; at < elements; ++at) {
        size_t size = TF_StringGetSize(&strings[at]);
        put_u64(writer, size);
        put(writer, TF_StringGetDataPointer(&strings[at]), size);
    }
}

static void put_tensor(struct writer* writer, const char* name, const TF_Tensor* tensor) {
    TF_DataType type = TF_TensorType(tensor);
    int rank = TF_NumDims(tensor);
    put_name(writer, name);
    put_u32(writer, type);
    put_u32(writer, (uint32_t)rank);
    for (int axis = 0; axis < rank; ++axis) {
        int64_t dim = TF_Dim(tensor, axis);
        put(writer, &dim, sizeof dim);
    }
    if (type == TF_STRING) {
        put_strings(writer, tensor);
    } else if (TF_DataTypeSize(type) > 0) {
        put_u64(writer, TF_TensorByteSize(tensor));
        put(writer, TF_TensorData(tensor), TF_TensorByteSize(tensor));
    } else {
        fail("%s: type %d is neither numbers nor text", name, (int)type);
    }
}

void write_result(const char* path, const struct call* call, TF_Tensor* const* fetched) {
    struct writer writer = {path, fopen(path, "wb")};
    if (writer.file == NULL) fail("%s: cannot be written: %s", path, strerror(errno));
    put(&writer, MAGIC, strlen(MAGIC));
    put_u32(&writer, call->fetch_count);
    for (uint32_t at = 0; at < call->fetch_count; ++at) {
        put_tensor(&writer, call->fetch_names[at], fetched[at]);
    }
    put_u32(&writer, 0);
    if (fclose(writer.file) != 0) fail("%s: cannot be written: %s", path, strerror(errno));
}
