/* A binary array as the array literal that the server would print: {1,NULL,"a b",{...}}. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/real.h"
#include "driver/postgresql_private.h"

enum { DIMENSIONS = 6 }; /* the server's limit */

typedef struct reader {
  am_strbuf *out;
  const char *at, *end;
  am__pg_decoder decoder;
  int count; /* of dimensions */
  int sizes[DIMENSIONS];
} reader;

static int32_t take_int(reader *r)
{
  uint32_t bits = 0;
  if (r->end - r->at < 4) {
    r->at = r->end + 1; /* malformed; noticed by the caller */
    return 0;
  }
  for (int i = 0; i < 4; i++) bits = bits << 8 | (unsigned char)*r->at++;
  return (int32_t)bits;
}

static void put_quoted(am_strbuf *out, const char *text, size_t size)
{
  bool plain = size > 0 && !(size == 4 && strncasecmp(text, "NULL", 4) == 0);
  for (size_t i = 0; i < size && plain; i++)
    plain = strchr("\"\\{}, \t\n\r\v\f", text[i]) == NULL && text[i] != '\0';
  if (plain) {
    am_strbuf_add(out, text, size);
    return;
  }
  am_strbuf_putc(out, '"');
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '"' || text[i] == '\\') am_strbuf_putc(out, '\\');
    am_strbuf_putc(out, text[i]);
  }
  am_strbuf_putc(out, '"');
}

static void put_real(am_strbuf *out, double value, bool single)
{
  char text[AM_REAL_TEXT];
  if (!single || !isfinite(value)) {
    am_real_spell(value, 15, text);
  } else {
    for (int digits = 6; digits <= 9; digits++) {
      snprintf(text, sizeof text, "%.*g", digits, value);
      if ((float)strtod(text, NULL) == (float)value) break;
    }
    am_real_point(text);
  }
  am_strbuf_puts(out, text);
}

static bool put_number(reader *r, const char *bytes, int size)
{
  uint64_t bits = 0;
  for (int i = 0; i < size && i < 8; i++) bits = bits << 8 | (unsigned char)bytes[i];
  uint32_t bits32 = (uint32_t)bits;
  double real;
  float single;
  switch (r->decoder) {
    case AM__PG_BOOL: am_strbuf_putc(r->out, bits ? 't' : 'f'); return size == 1;
    case AM__PG_INT2: am_strbuf_printf(r->out, "%d", (int16_t)bits); return size == 2;
    case AM__PG_INT4: am_strbuf_printf(r->out, "%d", (int32_t)bits); return size == 4;
    case AM__PG_OID: am_strbuf_printf(r->out, "%u", bits32); return size == 4;
    case AM__PG_INT8: am_strbuf_printf(r->out, "%lld", (long long)bits); return size == 8;
    case AM__PG_FLOAT4:
      memcpy(&single, &bits32, 4);
      put_real(r->out, single, true);
      return size == 4;
    case AM__PG_FLOAT8:
      memcpy(&real, &bits, 8);
      put_real(r->out, real, false);
      return size == 8;
    default: return false;
  }
}

/* The text that the server would have sent: one decoder reads both formats. */
static bool put_element(reader *r)
{
  int32_t size = take_int(r);
  if (r->at > r->end || size > r->end - r->at) return false;
  if (size < 0) {
    am_strbuf_puts(r->out, "NULL");
    return true;
  }
  const char *bytes = r->at;
  r->at += size;
  switch (r->decoder) {
    case AM__PG_TEXT:
    case AM__PG_JSON: put_quoted(r->out, bytes, (size_t)size); return true;
    case AM__PG_JSONB:
      if (size > 0) put_quoted(r->out, bytes + 1, (size_t)size - 1);
      return size > 0;
    case AM__PG_BYTEA:
      am_strbuf_puts(r->out, "\"\\\\x");
      for (int32_t i = 0; i < size; i++) am_strbuf_printf(r->out, "%02x", (unsigned char)bytes[i]);
      am_strbuf_putc(r->out, '"');
      return true;
    case AM__PG_UUID:
    case AM__PG_DATE:
    case AM__PG_TIME:
    case AM__PG_TIMETZ:
    case AM__PG_TIMESTAMP:
    case AM__PG_TIMESTAMPTZ:
    case AM__PG_INTERVAL:
    case AM__PG_NUMERIC: {
      am_strbuf text = AM_STRBUF_INIT;
      bool ok = am__pg_text_of(&text, r->decoder, bytes, size);
      if (am_strbuf_failed(&text)) r->out->failed = true;
      else if (ok) put_quoted(r->out, text.text, text.size);
      am_strbuf_deinit(&text);
      return ok;
    }
    default: return put_number(r, bytes, size);
  }
}

static bool put_dimension(reader *r, int dimension)
{
  am_strbuf_putc(r->out, '{');
  for (int i = 0; i < r->sizes[dimension]; i++) {
    if (i > 0) am_strbuf_putc(r->out, ',');
    bool ok = dimension + 1 < r->count ? put_dimension(r, dimension + 1) : put_element(r);
    if (!ok) return false;
  }
  am_strbuf_putc(r->out, '}');
  return true;
}

bool am__pg_array_text(am_strbuf *out, const char *bytes, int size)
{
  reader r = {out, bytes, bytes + size, AM__PG_OTHER, 0, {0}};
  int lower[DIMENSIONS];
  bool shifted = false;
  r.count = take_int(&r);
  take_int(&r); /* whether there are NULLs */
  r.decoder = am__pg_decoder_of((Oid)take_int(&r));
  if (r.count < 0 || r.count > DIMENSIONS) return false;
  for (int i = 0; i < r.count; i++) {
    r.sizes[i] = take_int(&r);
    lower[i] = take_int(&r);
    if (lower[i] != 1) shifted = true;
    if (r.sizes[i] < 0 || r.sizes[i] > size) return false;
  }
  if (r.at > r.end) return false;
  if (r.count == 0) {
    am_strbuf_puts(out, "{}");
    return true;
  }
  if (shifted) {
    for (int i = 0; i < r.count; i++)
      am_strbuf_printf(out, "[%d:%lld]", lower[i], (long long)lower[i] + r.sizes[i] - 1);
    am_strbuf_putc(out, '=');
  }
  return put_dimension(&r, 0);
}
