/* Parameters on their way to PostgreSQL.
 *
 * Every parameter gets a type (OID) from its hint, or from its class without one, so that the
 * server does not guess; text without a hint stays untyped and takes the type of its surroundings.
 * The types belong to the statement, not to the row: they are decided once over all rows of an
 * executemany. A value goes in binary when class and type match, else as text, which every type
 * can read.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/real.h"
#include "driver/postgresql_private.h"

enum {
  OID_BOOL = 16,
  OID_BYTEA = 17,
  OID_INT8 = 20,
  OID_INT2 = 21,
  OID_INT4 = 23,
  OID_TEXT = 25,
  OID_OID = 26,
  OID_FLOAT4 = 700,
  OID_FLOAT8 = 701,
  OID_VARCHAR = 1043,
};

static const struct {
  Oid type, array;
} hint_types[] = {
#define AM_HINT(id, name, oid, array_oid) {oid, array_oid},
#include "driver/hints.def"
#undef AM_HINT
};

void am__pg_params_init(am__pg_params *params)
{
  memset(params, 0, sizeof *params);
  am_arena_init(&params->texts, 2000);
}

void am__pg_params_deinit(am__pg_params *params)
{
  am_free(params->slots);
  am_arena_deinit(&params->texts);
  memset(params, 0, sizeof *params);
}

/* One block for all arrays, ordered by alignment. */
static bool reserve(am__pg_params *params, size_t count, am_error *err)
{
  if (count > 65535)
    return am_error_set(err, AM_ERR_OPERATIONAL,
                        "%zu parameters; PostgreSQL takes at most 65535 in one statement", count);
  params->count = count;
  if (count <= params->capacity) return true;
  size_t capacity = count < 8 ? 8 : count;
  size_t each =
      sizeof *params->slots + sizeof *params->values + 2 * sizeof(int) + sizeof *params->oids;
  char *block = am_alloc(capacity * each);
  if (block == NULL) return am_error_memory(err);
  am_free(params->slots);
  params->slots = (uint64_t *)block;
  params->values = (const char **)(params->slots + capacity);
  params->lengths = (int *)(params->values + capacity);
  params->formats = params->lengths + capacity;
  params->oids = (Oid *)(params->formats + capacity);
  params->capacity = capacity;
  return true;
}

static Oid class_type(uint8_t cls)
{
  switch (cls) {
    case AM_CELL_INT: return OID_INT8;
    case AM_CELL_REAL: return OID_FLOAT8;
    case AM_CELL_BOOL: return OID_BOOL;
    case AM_CELL_BLOB: return OID_BYTEA;
    default: return 0;
  }
}

/* A number without fraction that an int8 holds. */
static bool as_whole(double value, int64_t *out)
{
  if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0)) return false;
  *out = (int64_t)value;
  return (double)*out == value;
}

static Oid type_of(const am_cell *cell)
{
  unsigned hint = cell->hint & ~(unsigned)AM_HINT_ARRAY;
  if (hint == AM_HINT_NONE || hint >= AM_HINT_COUNT) return class_type(cell->cls);
  if (cell->hint & AM_HINT_ARRAY) return hint_types[hint].array;
  Oid type = hint_types[hint].type;
  int64_t value = cell->u.integer;
  if (cell->cls == AM_CELL_REAL && !as_whole(cell->u.real, &value)) return type;
  if (cell->cls != AM_CELL_INT && cell->cls != AM_CELL_REAL) return type;
  bool fits = type == OID_INT4   ? value == (int32_t)value
              : type == OID_INT2 ? value == (int16_t)value
                                 : true;
  return fits ? type : OID_INT8;
}

/* The type that serves values of both types in one column. */
static Oid common_type(Oid a, Oid b)
{
  if (a == b) return a;
  bool a_int = a == OID_INT2 || a == OID_INT4 || a == OID_INT8;
  bool b_int = b == OID_INT2 || b == OID_INT4 || b == OID_INT8;
  if (a_int && b_int) {
    if (a == OID_INT8 || b == OID_INT8) return OID_INT8;
    return OID_INT4;
  }
  if ((a_int && b == OID_FLOAT8) || (b_int && a == OID_FLOAT8)) return OID_FLOAT8;
  return 0; /* as text, typed by the server */
}

static bool is_wide(const am_cell *cell)
{
  return cell->cls == AM_CELL_INT && llabs(cell->u.integer) > (1LL << 53);
}

bool am__pg_params_plan(am__pg_params *params, const am_query *query, am_error *err)
{
  size_t count = query->cell_count;
  size_t rows = query->row_count > 1 ? query->row_count : 1;
  if (!reserve(params, count, err)) return false;
  for (size_t i = 0; i < count; i++) {
    bool known = false, mixed = false, wide = false;
    Oid type = 0;
    for (size_t row = 0; row < rows && !mixed; row++) {
      const am_cell *cell = &query->cells[row * count + i];
      if (cell->cls == AM_CELL_NULL && cell->hint == AM_HINT_NONE) continue;
      Oid one = type_of(cell);
      if (rows > 1 && is_wide(cell)) wide = true;
      if (known && one != type) {
        Oid both = common_type(type, one);
        mixed = both == 0 || (both == OID_FLOAT8 && wide);
        type = both;
      } else {
        type = one;
      }
      known = true;
    }
    params->oids[i] = mixed ? 0 : type;
  }
  return true;
}

/* Network byte order, whatever this machine's. */
static void put_binary(am__pg_params *params, size_t i, uint64_t bits, int size)
{
  unsigned char *at = (unsigned char *)&params->slots[i];
  for (int k = 0; k < size; k++) at[k] = (unsigned char)(bits >> (8 * (size - 1 - k)));
  params->values[i] = (const char *)at;
  params->lengths[i] = size;
  params->formats[i] = 1;
}

/* False if it does not fit the type: then it goes as text, and the server says why. */
static bool put_integer(am__pg_params *params, size_t i, int64_t value)
{
  switch (params->oids[i]) {
    case OID_INT8: put_binary(params, i, (uint64_t)value, 8); return true;
    case OID_INT4:
      if (value != (int32_t)value) return false;
      put_binary(params, i, (uint64_t)value, 4);
      return true;
    case OID_INT2:
      if (value != (int16_t)value) return false;
      put_binary(params, i, (uint64_t)value, 2);
      return true;
    case OID_OID:
      if (value != (uint32_t)value) return false;
      put_binary(params, i, (uint64_t)value, 4);
      return true;
    case OID_BOOL:
      if (value != 0 && value != 1) return false;
      put_binary(params, i, (uint64_t)value, 1);
      return true;
    default: return false;
  }
}

/* False if the type is none of binary numbers: then it goes as text. */
static bool put_real(am__pg_params *params, size_t i, double value)
{
  int64_t whole;
  uint64_t bits;
  uint32_t short_bits;
  float single = (float)value;
  switch (params->oids[i]) {
    case OID_FLOAT8:
      memcpy(&bits, &value, 8);
      put_binary(params, i, bits, 8);
      return true;
    case OID_FLOAT4:
      if (isinf(single) && !isinf(value)) return false; /* the server says why */
      memcpy(&short_bits, &single, 4);
      put_binary(params, i, short_bits, 4);
      return true;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8: return as_whole(value, &whole) && put_integer(params, i, whole);
    default: return false;
  }
}

static bool put_text(am__pg_params *params, size_t i, const char *bytes, size_t size, am_error *err)
{
  if (memchr(bytes, '\0', size) != NULL) {
    am_error_set(err, AM_ERR_DATA,
                 "parameter %zu contains a NUL byte, which PostgreSQL's text cannot hold", i + 1);
    if (err->cls == AM_ERR_DATA) memcpy(err->sqlstate, "22021", 6);
    return false;
  }
  char *copy = am_arena_memdup(&params->texts, bytes, size);
  if (copy == NULL) return am_error_memory(err);
  params->values[i] = copy;
  params->lengths[i] = 0;
  params->formats[i] = 0;
  return true;
}

/* A blob whose parameter is not bytea: the text form of bytea. */
static bool put_hex(am__pg_params *params, size_t i, const am_cell *cell, am_error *err)
{
  static const char digits[] = "0123456789abcdef";
  char *text = am_arena_alloc(&params->texts, 2 * cell->size + 3);
  if (text == NULL) return am_error_memory(err);
  char *at = text;
  *at++ = '\\';
  *at++ = 'x';
  for (size_t k = 0; k < cell->size; k++) {
    unsigned char byte = (unsigned char)cell->u.bytes[k];
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
  }
  *at = '\0';
  params->values[i] = text;
  params->lengths[i] = 0;
  params->formats[i] = 0;
  return true;
}

/* Bytes go as they are where the server takes them so, else as hexadecimal text. */
static bool put_bytes(am__pg_params *params, size_t i, const am_cell *cell, am_error *err)
{
  const char *bytes = cell->u.bytes != NULL ? cell->u.bytes : "";
  Oid type = params->oids[i];
  if (cell->size > 0x3fffffff)
    return am_error_set(err, AM_ERR_DATA, "parameter %zu is larger than 1 GB", i + 1);
  bool is_text = type == OID_TEXT || type == OID_VARCHAR;
  if (cell->cls == AM_CELL_BLOB && (cell->hint & AM_HINT_ARRAY)) { /* an array in wire form */
    params->values[i] = bytes;
    params->lengths[i] = (int)cell->size;
    params->formats[i] = 1;
    return true;
  }
  if (cell->cls == AM_CELL_BLOB && type != OID_BYTEA && !is_text)
    return put_hex(params, i, cell, err);
  bool raw = cell->cls == AM_CELL_BLOB || (cell->cls == AM_CELL_TEXT && type == OID_BYTEA);
  if (!raw && !is_text) return put_text(params, i, bytes, cell->size, err);
  if (is_text && memchr(bytes, '\0', cell->size) != NULL)
    return put_text(params, i, bytes, cell->size, err); /* refuses it */
  params->values[i] = bytes;
  params->lengths[i] = (int)cell->size;
  params->formats[i] = 1;
  return true;
}

/* Binary where the type is known and the value fits, else text, which every type can read. */
static bool encode(am__pg_params *params, size_t i, const am_cell *cell, am_error *err)
{
  char text[AM_REAL_TEXT];
  switch (cell->cls) {
    case AM_CELL_NULL:
      params->values[i] = NULL;
      params->lengths[i] = params->formats[i] = 0;
      return true;
    case AM_CELL_INT:
    case AM_CELL_BOOL:
      if (put_integer(params, i, cell->u.integer)) return true;
      if (cell->cls == AM_CELL_INT && put_real(params, i, (double)cell->u.integer)) return true;
      if (cell->cls == AM_CELL_INT) snprintf(text, sizeof text, "%lld", (long long)cell->u.integer);
      else snprintf(text, sizeof text, "%s", cell->u.integer ? "true" : "false");
      return put_text(params, i, text, strlen(text), err);
    case AM_CELL_REAL:
      if (put_real(params, i, cell->u.real)) return true;
      am_real_spell(cell->u.real, 15, text);
      return put_text(params, i, text, strlen(text), err);
    default: return put_bytes(params, i, cell, err);
  }
}

bool am__pg_params_encode(am__pg_params *params, const am_cell *cells, am_error *err)
{
  am_arena_reset(&params->texts);
  for (size_t i = 0; i < params->count; i++)
    if (!encode(params, i, &cells[i], err)) return false;
  return true;
}
