/* Calls a SavedModel through TensorFlow's C API: no Python, no protobuf.

   run_saved_model MODEL CALL RESULT [CALL RESULT ...]

   MODEL is a SavedModel's directory, CALL a file of tensors to feed and names to fetch, RESULT the
   file to write what was fetched to (tensor_file.h). The names are those of the graph, as the
   SavedModel's signatures give them; signatures.py looks them up. Whatever goes wrong ends with a
   message on stderr and status 1. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "tensor_file.h"
#include "tensorflow/c/c_api.h"

#define SHAPE_TEXT 128

static const char* const TAGS[] = {"serve"};

struct model {
    TF_Graph* graph;
    TF_Session* session;
    TF_Status* status;
};

static struct model load(const char* directory) {
    struct model model = {TF_NewGraph(), NULL, TF_NewStatus()};
    TF_SessionOptions* options = TF_NewSessionOptions();
    model.session = TF_LoadSessionFromSavedModel(options, NULL, directory, TAGS, 1, model.graph,
                                                 NULL, model.status);
    check(model.status, directory);
    TF_DeleteSessionOptions(options);
    return model;
}

static void unload(struct model* model) {
    TF_CloseSession(model->session, model->status);
    check(model->status, "closing the session");
    TF_DeleteSession(model->session, model->status);
    check(model->status, "deleting the session");
    TF_DeleteGraph(model->graph);
    TF_DeleteStatus(model->status);
}

/* The tensor of a name such as "StatefulPartitionedCall_1:0". */
static TF_Output find(TF_Graph* graph, const char* name) {
    const char* colon = strrchr(name, ':');
    if (colon == NULL) fail("%s: expected a tensor's name, operation:number", name);
    char* end;
    long index = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0') fail("%s: expected a number behind the colon", name);

    char* operation = allocate((size_t)(colon - name) + 1, 1);
    memcpy(operation, name, (size_t)(colon - name));
    TF_Operation* found = TF_GraphOperationByName(graph, operation);
    free(operation);
    if (found == NULL) fail("%s: the model has no such operation", name);
    if (index < 0 || index >= TF_OperationNumOutputs(found)) {
        fail("%s: the operation has %d outputs", name, TF_OperationNumOutputs(found));
    }
    return (TF_Output){found, (int)index};
}

/* "[?, 3]" into `text`; cut short if it is longer. */
static const char* shape_text(char text[SHAPE_TEXT], const int64_t* dims, int rank) {
    size_t at = (size_t)snprintf(text, SHAPE_TEXT, "[");
    for (int axis = 0; axis < rank && at < SHAPE_TEXT; ++axis) {
        const char* comma = axis ? ", " : "";
        at += (size_t)(dims[axis] < 0
                           ? snprintf(text + at, SHAPE_TEXT - at, "%s?", comma)
                           : snprintf(text + at, SHAPE_TEXT - at, "%s%" PRId64, comma, dims[axis]));
    }
    if (at < SHAPE_TEXT) snprintf(text + at, SHAPE_TEXT - at, "]");
    return text;
}

/* A session takes a feed of any shape, and what reads it complains without its name, or not at all;
   so the shape is held here against the one that the graph declares. */
static void check_feed(struct model* model, TF_Output place, const char* name,
                       const TF_Tensor* fed) {
    if (TF_OperationOutputType(place) != TF_TensorType(fed)) {
        fail("%s: expected type %d, got %d", name, (int)TF_OperationOutputType(place),
             (int)TF_TensorType(fed));
    }
    int rank = TF_GraphGetTensorNumDims(model->graph, place, model->status);
    check(model->status, name);
    if (rank < 0) return; /* of any shape */

    int64_t* declared = allocate((size_t)rank, sizeof *declared);
    TF_GraphGetTensorShape(model->graph, place, declared, rank, model->status);
    check(model->status, name);
    int fed_rank = TF_NumDims(fed), same = fed_rank == rank;
    int64_t* dims = allocate((size_t)fed_rank, sizeof *dims);
    for (int axis = 0; axis < fed_rank; ++axis) {
        dims[axis] = TF_Dim(fed, axis);
        same = same && (declared[axis] < 0 || declared[axis] == dims[axis]);
    }
    if (!same) {
        char expected[SHAPE_TEXT], got[SHAPE_TEXT];
        fail("%s: expected shape %s, got %s", name, shape_text(expected, declared, rank),
             shape_text(got, dims, fed_rank));
    }
    free(declared);
    free(dims);
}

static void answer(struct model* model, const char* call_path, const char* result_path) {
    struct call call = read_call(call_path);
    TF_Output* feeds = allocate(call.feed_count, sizeof *feeds);
    TF_Output* fetches = allocate(call.fetch_count, sizeof *fetches);
    TF_Tensor** fetched = allocate(call.fetch_count, sizeof *fetched);
    for (uint32_t at = 0; at < call.feed_count; ++at) {
        feeds[at] = find(model->graph, call.feed_names[at]);
        check_feed(model, feeds[at], call.feed_names[at], call.feeds[at]);
    }
    for (uint32_t at = 0; at < call.fetch_count; ++at) {
        fetches[at] = find(model->graph, call.fetch_names[at]);
    }
    TF_SessionRun(model->session, NULL, feeds, call.feeds, (int)call.feed_count, fetches, fetched,
                  (int)call.fetch_count, NULL, 0, NULL, model->status);
    check(model->status, call_path);
    write_result(result_path, &call, fetched);

    for (uint32_t at = 0; at < call.fetch_count; ++at) TF_DeleteTensor(fetched[at]);
    free(fetched);
    free(fetches);
    free(feeds);
    delete_call(&call);
}

int main(int argc, char** argv) {
    if (argc < 4 || argc % 2 != 0) fail("usage: " PROGRAM " MODEL CALL RESULT [CALL RESULT ...]");
    struct model model = load(argv[1]);
    for (int at = 2; at < argc; at += 2) answer(&model, argv[at], argv[at + 1]);
    unload(&model);
    return EXIT_SUCCESS;
}
