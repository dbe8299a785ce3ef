/* Reading and writing array literals (see array.h). */
#include "value/array.h"

#include <string.h>

#include "value/literal_internal.h"

/* Where the reader stands, hence what may follow. */
enum { AT_START, AFTER_OPEN, AFTER_ITEM, AFTER_DELIMITER, AT_END };

bool am_array_needs_scratch(const char *text, size_t size)
{
  return size > 0 && memchr(text, '\\', size) != NULL;
}

void am_array_reader_init(am_array_reader *reader, const char *text, size_t size, char delimiter,
                          char *scratch)
{
  *reader = (am_array_reader){text, text, text + size, scratch, 0, AT_START, delimiter};
}

static am_array_event fail(const am_array_reader *r, const char *reason, am_error *err)
{
  size_t size = (size_t)(r->end - r->start);
  am_error_set(err, AM_ERR_ARGUMENT, "'%.*s' is not an array literal: %s at character %d",
               size > 60 ? 60 : (int)size, r->start, reason, (int)(r->at - r->start) + 1);
  return AM_ARRAY_ERROR;
}

static void skip_space(am_array_reader *r) { r->at = am__literal_after_space(r->at, r->end); }

/* "[1:3][0:1]=" before the braces: bounds have no place in a Lua list. */
static bool skip_bounds(am_array_reader *r)
{
  if (r->at == r->end || *r->at != '[') return true;
  const char *equals = memchr(r->at, '=', (size_t)(r->end - r->at));
  if (equals == NULL) return false;
  for (const char *p = r->at; p < equals; p++)
    if (strchr("[]:+-0123456789", *p) == NULL || *p == '\0') return false;
  r->at = equals + 1;
  return true;
}

/* Borrowed from the text up to the first backslash; then a copy in the scratch. */
static am_array_event read_quoted(am_array_reader *r, const char **out_text, size_t *out_size,
                                  am_error *err)
{
  const char *first = ++r->at;
  while (r->at < r->end && *r->at != '"' && *r->at != '\\') r->at++;
  *out_text = first;
  *out_size = (size_t)(r->at - first);
  if (r->at < r->end && *r->at == '\\') {
    char *copy = r->scratch, *to = copy + *out_size;
    memcpy(copy, first, *out_size);
    for (; r->at < r->end && *r->at != '"'; r->at++) {
      if (*r->at == '\\' && ++r->at == r->end) break;
      *to++ = *r->at;
    }
    *out_text = copy;
    *out_size = (size_t)(to - copy);
    r->scratch = to;
  }
  if (r->at == r->end) return fail(r, "a quote is not closed", err);
  r->at++;
  return AM_ARRAY_TEXT;
}

/* White space inside counts, at the end it does not, unless it was escaped. */
static am_array_event read_bare(am_array_reader *r, const char **out_text, size_t *out_size,
                                am_error *err)
{
  const char *first = r->at, *last = first; /* last: after the last character that counts */
  char *copy = r->scratch, *to = NULL;
  for (; r->at < r->end; r->at++) {
    char c = *r->at;
    if (c == r->delimiter || c == '}' || c == '{' || c == '"') break;
    if (c == '\\') {
      if (to == NULL) {
        memcpy(copy, first, (size_t)(r->at - first));
        to = copy + (r->at - first);
      }
      if (++r->at == r->end) return fail(r, "nothing follows a backslash", err);
      *to++ = *r->at;
      last = r->at + 1;
      continue;
    }
    if (to != NULL) *to++ = c;
    if (!am__literal_is_space(c)) last = r->at + 1;
  }
  if (r->at < r->end && (*r->at == '{' || *r->at == '"'))
    return fail(r, "a brace or quote inside an element", err);
  if (last == first) return fail(r, "an element is missing", err);
  size_t trailing = (size_t)(r->at - last);
  *out_text = to != NULL ? copy : first;
  *out_size = to != NULL ? (size_t)(to - copy) - trailing : (size_t)(last - first);
  if (to != NULL) r->scratch = to;
  return to == NULL && am__literal_is_null(first, *out_size) ? AM_ARRAY_NULL : AM_ARRAY_TEXT;
}

static am_array_event open_brace(am_array_reader *r, am_error *err)
{
  if (r->depth == AM_ARRAY_MAX_DEPTH) return fail(r, "too many dimensions", err);
  r->at++;
  r->depth++;
  r->state = AFTER_OPEN;
  return AM_ARRAY_OPEN;
}

am_array_event am_array_next(am_array_reader *r, const char **out_text, size_t *out_size,
                             am_error *err)
{
  skip_space(r);
  if (r->state == AT_START) {
    if (!skip_bounds(r)) return fail(r, "bad bounds", err);
    skip_space(r);
    if (r->at == r->end || *r->at != '{') return fail(r, "expected '{'", err);
    return open_brace(r, err);
  }
  if (r->state == AFTER_ITEM && r->depth == 0) {
    if (r->at < r->end) return fail(r, "text after the last '}'", err);
    r->state = AT_END;
  }
  if (r->state == AT_END) return AM_ARRAY_END;
  if (r->state == AFTER_ITEM && r->at < r->end && *r->at == r->delimiter) {
    r->at++;
    r->state = AFTER_DELIMITER;
    skip_space(r);
  }
  if (r->at == r->end) return fail(r, "a '}' is missing", err);
  if (*r->at == '}' && r->state != AFTER_DELIMITER) {
    r->at++;
    r->depth--;
    r->state = AFTER_ITEM;
    return AM_ARRAY_CLOSE;
  }
  if (r->state == AFTER_ITEM) return fail(r, "expected a delimiter", err);
  if (*r->at == '{') return open_brace(r, err);
  r->state = AFTER_ITEM;
  return *r->at == '"' ? read_quoted(r, out_text, out_size, err)
                       : read_bare(r, out_text, out_size, err);
}

static void delimit(am_array_writer *w)
{
  if (w->need_delimiter) am_strbuf_putc(w->out, w->delimiter);
  w->need_delimiter = true;
}

void am_array_put_open(am_array_writer *w)
{
  delimit(w);
  am_strbuf_putc(w->out, '{');
  w->need_delimiter = false;
}

void am_array_put_close(am_array_writer *w)
{
  am_strbuf_putc(w->out, '}');
  w->need_delimiter = true;
}

void am_array_put_null(am_array_writer *w)
{
  delimit(w);
  am_strbuf_add(w->out, "NULL", 4);
}

static bool needs_quotes(const char *text, size_t size, char delimiter)
{
  if (size == 0 || am__literal_is_null(text, size)) return true;
  for (size_t i = 0; i < size; i++) {
    char c = text[i];
    if (c == '"' || c == '\\' || c == '{' || c == '}' || c == delimiter || am__literal_is_space(c))
      return true;
  }
  return false;
}

void am_array_put_text(am_array_writer *w, const char *text, size_t size)
{
  delimit(w);
  if (!needs_quotes(text, size, w->delimiter)) {
    am_strbuf_add(w->out, text, size);
    return;
  }
  am_strbuf_putc(w->out, '"');
  size_t from = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] != '"' && text[i] != '\\') continue;
    am_strbuf_add(w->out, text + from, i - from);
    am_strbuf_putc(w->out, '\\');
    from = i;
  }
  am_strbuf_add(w->out, text + from, size - from);
  am_strbuf_putc(w->out, '"');
}
