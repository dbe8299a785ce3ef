/* PostgreSQL's hstore text: '"a"=>"1", "b"=>NULL' as a stream of pairs.
 *
 * Ownership: source and scratch are the caller's and must outlive the reader; nothing is
 * allocated. */
#ifndef AM_VALUE_HSTORE_H
#define AM_VALUE_HSTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

typedef struct am_hstore_pair {
  const char *key, *value; /* value is NULL for an SQL NULL */
  size_t key_size, value_size;
} am_hstore_pair;

typedef struct am_hstore_reader {
  const char *start, *at, *end;
  char *scratch; /* as many bytes as the source, or NULL if that has no backslash */
} am_hstore_reader;

void am_hstore_reader_init(am_hstore_reader *reader, const char *text, size_t size, char *scratch);
/* 1 and a pair, 0 at the end, -1 with err filled. */
int am_hstore_next(am_hstore_reader *reader, am_hstore_pair *out_pair, am_error *err);
/* Appends one pair, with ", " before it unless the buffer was empty at `start`. */
void am_hstore_put(am_strbuf *out, size_t start, const am_hstore_pair *pair);

#endif
