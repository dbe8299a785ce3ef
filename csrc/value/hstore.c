/* Reading and writing hstore text (see hstore.h). */
#include "value/hstore.h"

#include <string.h>

#include "value/literal_internal.h"

void am_hstore_reader_init(am_hstore_reader *reader, const char *text, size_t size, char *scratch)
{
  *reader = (am_hstore_reader){text, text, text + size, scratch};
}

static bool fail(const am_hstore_reader *r, const char *reason, am_error *err)
{
  size_t size = (size_t)(r->end - r->start);
  return am_error_set(err, AM_ERR_ARGUMENT, "'%.*s' is not an hstore: %s at character %d",
                      size > 60 ? 60 : (int)size, r->start, reason, (int)(r->at - r->start) + 1);
}

static void skip_space(am_hstore_reader *r) { r->at = am__literal_after_space(r->at, r->end); }

/* A key or value: quoted, or bare up to a space, ',' or '='. */
static bool read_word(am_hstore_reader *r, const char **out_text, size_t *out_size,
                      bool *out_quoted, am_error *err)
{
  bool quoted = r->at < r->end && *r->at == '"';
  if (quoted) r->at++;
  const char *first = r->at;
  char *copy = NULL, *to = NULL;
  for (; r->at < r->end; r->at++) {
    char c = *r->at;
    if (quoted ? c == '"' : (am__literal_is_space(c) || c == ',' || c == '=')) break;
    if (c == '\\') {
      if (copy == NULL) {
        copy = r->scratch;
        memcpy(copy, first, (size_t)(r->at - first));
        to = copy + (r->at - first);
      }
      if (++r->at == r->end) return fail(r, "nothing follows a backslash", err);
      c = *r->at;
    }
    if (to != NULL) *to++ = c;
  }
  *out_text = copy != NULL ? copy : first;
  *out_size = copy != NULL ? (size_t)(to - copy) : (size_t)(r->at - first);
  *out_quoted = quoted;
  if (copy != NULL) r->scratch = to;
  if (quoted && r->at == r->end) return fail(r, "a quote is not closed", err);
  if (quoted) r->at++;
  else if (*out_size == 0) return fail(r, "a key or value is missing", err);
  return true;
}

/* A trailing comma is an error, as it is for the server. */
static bool read_pair(am_hstore_reader *r, am_hstore_pair *pair, am_error *err)
{
  bool quoted;
  if (!read_word(r, &pair->key, &pair->key_size, &quoted, err)) return false;
  skip_space(r);
  if (r->end - r->at < 2 || r->at[0] != '=' || r->at[1] != '>')
    return fail(r, "expected '=>'", err);
  r->at += 2;
  skip_space(r);
  if (!read_word(r, &pair->value, &pair->value_size, &quoted, err)) return false;
  if (!quoted && am__literal_is_null(pair->value, pair->value_size)) pair->value = NULL;
  skip_space(r);
  if (r->at == r->end) return true;
  if (*r->at != ',') return fail(r, "expected ','", err);
  r->at++;
  skip_space(r);
  return r->at < r->end || fail(r, "a pair is missing", err);
}

int am_hstore_next(am_hstore_reader *r, am_hstore_pair *out_pair, am_error *err)
{
  skip_space(r);
  if (r->at == r->end) return 0;
  return read_pair(r, out_pair, err) ? 1 : -1;
}

static void put_quoted(am_strbuf *out, const char *text, size_t size)
{
  am_strbuf_putc(out, '"');
  size_t from = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] != '"' && text[i] != '\\') continue;
    am_strbuf_add(out, text + from, i - from);
    am_strbuf_putc(out, '\\');
    from = i;
  }
  am_strbuf_add(out, text + from, size - from);
  am_strbuf_putc(out, '"');
}

void am_hstore_put(am_strbuf *out, size_t start, const am_hstore_pair *pair)
{
  if (out->size > start) am_strbuf_add(out, ", ", 2);
  put_quoted(out, pair->key, pair->key_size);
  am_strbuf_add(out, "=>", 2);
  if (pair->value == NULL) am_strbuf_add(out, "NULL", 4);
  else put_quoted(out, pair->value, pair->value_size);
}
