/* The frame of the fuzz targets: a file per parser, each with one LLVMFuzzerTestOneInput.
 *
 * Beside not crashing, a target checks what must hold of everything that was read: written out and
 * read again it is the same. MUST aborts, which the fuzzer reports with the input.
 */
#ifndef AM_SPEC_FUZZ_H
#define AM_SPEC_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/strbuf.h"

#define MUST(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      abort(); \
    } \
  } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
