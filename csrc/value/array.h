/* PostgreSQL array literals: '{1,NULL,"a b",{...}}' as a stream of cells.
 *
 * Elements are texts here; what they mean is the caller's. The reader hands out events in
 * order; a cell points into the source, or into the scratch memory if escapes had to be
 * resolved. The writer appends to a buffer and quotes what needs it. Ownership: source and
 * scratch are the caller's and must outlive the reader; nothing is allocated. */
#ifndef AM_VALUE_ARRAY_H
#define AM_VALUE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

#define AM_ARRAY_MAX_DEPTH 64

typedef enum am_array_event {
  AM_ARRAY_ERROR,
  AM_ARRAY_END,
  AM_ARRAY_OPEN,  /* a dimension begins */
  AM_ARRAY_CLOSE, /* and ends */
  AM_ARRAY_NULL,
  AM_ARRAY_TEXT
} am_array_event;

typedef struct am_array_reader {
  const char *start, *at, *end;
  char *scratch; /* where the next resolved cell goes */
  int depth, state;
  char delimiter;
} am_array_reader;

/* True if the reader of this source needs scratch memory of `size` bytes (there are escapes). */
bool am_array_needs_scratch(const char *text, size_t size);
/* The delimiter is ',' for all types but box (';'). */
void am_array_reader_init(am_array_reader *reader, const char *text, size_t size, char delimiter,
                          char *scratch);
/* The next event; with AM_ARRAY_TEXT the cell. After AM_ARRAY_ERROR err is filled. */
am_array_event am_array_next(am_array_reader *reader, const char **out_text, size_t *out_size,
                             am_error *err);

/* Writing: after every item but an opening brace a delimiter is put by the writer itself. */
typedef struct am_array_writer {
  am_strbuf *out; /* borrowed */
  char delimiter;
  bool need_delimiter;
} am_array_writer;

void am_array_put_open(am_array_writer *writer);
void am_array_put_close(am_array_writer *writer);
void am_array_put_null(am_array_writer *writer);
void am_array_put_text(am_array_writer *writer, const char *text, size_t size);

#endif
