/* The text of text(): ":name" stands for a bind, "\:" for a colon, "::" is left alone. */
#ifndef AM_SQL_TEXT_H
#define AM_SQL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct am_text_part {
  const char *text; /* literal text, or the name of a bind */
  size_t size;
  bool is_bind;
} am_text_part;

/* The next part at *at (advanced); false at the end. */
bool am_text_next(const char **at, const char *begin, const char *end, am_text_part *out);

#endif
