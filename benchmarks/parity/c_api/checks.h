/* What ends the program, with a message, when something is not as it has to be. */

#ifndef MATINEE_CHECKS_H_
#define MATINEE_CHECKS_H_

#include <stddef.h>

#include "tensorflow/c/tf_status.h"

#define PROGRAM "run_saved_model"

/* Writes a message to stderr, behind the name of the program, and exits with 1. */
_Noreturn void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* Fails with TensorFlow's message unless the status is TF_OK; `doing` says what was tried. */
void check(const TF_Status* status, const char* doing);

/* Zeroed memory for `count` things of `size` bytes; never NULL. */
void* allocate(size_t count, size_t size);

#endif  /* MATINEE_CHECKS_H_ */
