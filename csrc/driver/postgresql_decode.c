/* One value of a PostgreSQL result as a cell, from either wire format. Both formats give the same
 * cell: whether a statement is read in binary depends on its other columns and must not show. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/real.h"
#include "driver/postgresql_private.h"

static bool as_bytes(am_cell *cell, am_cell_class cls, const char *bytes, int size)
{
  cell->cls = (uint8_t)cls;
  cell->u.bytes = bytes;
  cell->size = (size_t)size;
  return true;
}

static bool as_integer(am_cell *cell, int64_t value)
{
  cell->cls = AM_CELL_INT;
  cell->u.integer = value;
  return true;
}

static bool as_real(am_cell *cell, double value)
{
  cell->cls = AM_CELL_REAL;
  cell->u.real = value;
  return true;
}

/* A float4 is the shortest decimal that means it, as in text: 0.1, not 0.10000000149. */
static double widen(float value)
{
  char text[32];
  if (value != value || value - value != 0) return value;
  double wide = value;
  for (int digits = 6; digits <= 9; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, (double)value);
    wide = strtod(text, NULL);
    if ((float)wide == value) break;
  }
  return wide;
}

/* Moves a text that was made into the scratch memory of the row. */
static bool as_made_text(am_arena *scratch, am_strbuf *text, bool ok, am_cell *cell, am_error *err)
{
  if (am_strbuf_failed(text)) ok = am_error_memory(err);
  if (ok) {
    cell->cls = AM_CELL_EXACT;
    cell->size = text->size;
    cell->u.bytes = am_arena_memdup(scratch, text->text != NULL ? text->text : "", text->size);
    if (cell->u.bytes == NULL) ok = am_error_memory(err);
  }
  am_strbuf_deinit(text);
  return ok;
}

/* False with no error set: not the size that the type has, which the caller reports. */
static bool decode_binary(am_arena *scratch, am__pg_decoder decoder, const char *bytes, int size,
                          am_cell *cell, am_error *err)
{
  if (decoder == AM__PG_INT4 && size == 4) { /* most keys are such */
    uint32_t bits;
    memcpy(&bits, bytes, sizeof bits);
    return as_integer(cell, (int32_t)be32toh(bits));
  }
  uint64_t bits = size <= 8 ? am__pg_bits(bytes, size) : 0;
  uint32_t bits32 = (uint32_t)bits;
  double real;
  float single;
  switch (decoder) {
    case AM__PG_BOOL:
      cell->cls = AM_CELL_BOOL;
      cell->u.integer = bits != 0;
      return size == 1;
    case AM__PG_INT2: return as_integer(cell, (int16_t)bits) && size == 2;
    case AM__PG_INT4: return as_integer(cell, (int32_t)bits) && size == 4;
    case AM__PG_INT8: return as_integer(cell, (int64_t)bits) && size == 8;
    case AM__PG_OID: return as_integer(cell, (int64_t)bits) && size == 4;
    case AM__PG_FLOAT4:
      memcpy(&single, &bits32, 4);
      return as_real(cell, widen(single)) && size == 4;
    case AM__PG_FLOAT8: memcpy(&real, &bits, 8); return as_real(cell, real) && size == 8;
    case AM__PG_TEXT: return as_bytes(cell, AM_CELL_TEXT, bytes, size);
    case AM__PG_BYTEA: return as_bytes(cell, AM_CELL_BLOB, bytes, size);
    case AM__PG_JSON: return as_bytes(cell, AM_CELL_EXACT, bytes, size);
    case AM__PG_JSONB: return size >= 1 && as_bytes(cell, AM_CELL_EXACT, bytes + 1, size - 1);
    case AM__PG_OTHER: return false;
    default: break;
  }
  am_strbuf text = AM_STRBUF_INIT;
  bool ok = decoder == AM__PG_ARRAY ? am__pg_array_text(&text, bytes, size)
                                    : am__pg_text_of(&text, decoder, bytes, size);
  return as_made_text(scratch, &text, ok, cell, err);
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The server's setting decides between hexadecimal and escapes. */
static bool decode_bytea(am_arena *scratch, const char *text, int size, am_cell *cell,
                         am_error *err)
{
  if (size >= 2 && text[0] == '\\' && text[1] == 'x') {
    int count = (size - 2) / 2;
    char *bytes = am_arena_alloc(scratch, (size_t)count + 1);
    if (bytes == NULL) return am_error_memory(err);
    for (int i = 0; i < count; i++) {
      int high = hex_digit(text[2 + 2 * i]), low = hex_digit(text[3 + 2 * i]);
      if (high < 0 || low < 0) return false;
      bytes[i] = (char)(high << 4 | low);
    }
    return as_bytes(cell, AM_CELL_BLOB, bytes, count);
  }
  size_t count; /* bytea_output = escape */
  unsigned char *plain = PQunescapeBytea((const unsigned char *)text, &count);
  if (plain == NULL) return am_error_memory(err);
  char *bytes = am_arena_memdup(scratch, (const char *)plain, count);
  PQfreemem(plain);
  if (bytes == NULL) return am_error_memory(err);
  return as_bytes(cell, AM_CELL_BLOB, bytes, (int)count);
}

/* +HH at the end becomes +HH:00, so that an offset looks the same in both formats. */
static bool decode_timetz(am_arena *scratch, const char *text, int size, am_cell *cell,
                          am_error *err)
{
  am_strbuf made = AM_STRBUF_INIT;
  am_strbuf_add(&made, text, (size_t)size);
  if (size > 3 && strchr("+-", text[size - 3]) != NULL) am_strbuf_puts(&made, ":00");
  return as_made_text(scratch, &made, true, cell, err);
}

static bool decode_text(am_arena *scratch, am__pg_decoder decoder, const char *text, int size,
                        am_cell *cell, am_error *err)
{
  switch (decoder) {
    case AM__PG_BOOL:
      cell->cls = AM_CELL_BOOL;
      cell->u.integer = text[0] == 't';
      return true;
    case AM__PG_INT2:
    case AM__PG_INT4:
    case AM__PG_INT8:
    case AM__PG_OID: return as_integer(cell, strtoll(text, NULL, 10));
    case AM__PG_FLOAT4:
    case AM__PG_FLOAT8: return as_real(cell, am_real_read(text, NULL));
    case AM__PG_TEXT: return as_bytes(cell, AM_CELL_TEXT, text, size);
    case AM__PG_BYTEA: return decode_bytea(scratch, text, size, cell, err);
    case AM__PG_TIMETZ: return decode_timetz(scratch, text, size, cell, err);
    case AM__PG_TIMESTAMPTZ: {
      am_strbuf made = AM_STRBUF_INIT;
      if (am__pg_text_to_utc(&made, text)) return as_made_text(scratch, &made, true, cell, err);
      am_strbuf_deinit(&made);
      return as_bytes(cell, AM_CELL_EXACT, text, size); /* infinity, or a date style of its own */
    }
    default: return as_bytes(cell, AM_CELL_EXACT, text, size);
  }
}

bool am__pg_decode(am_arena *scratch, am__pg_decoder decoder, bool binary, const char *bytes,
                   int size, am_cell *cell, am_error *err)
{
  if (size < 0) {
    cell->cls = AM_CELL_NULL;
    return true;
  }
  bool ok = binary ? decode_binary(scratch, decoder, bytes, size, cell, err)
                   : decode_text(scratch, decoder, bytes, size, cell, err);
  return ok || am_error_set(err, AM_ERR_DATA, "the server sent a value that cannot be read");
}
