/* The columns of a PostgreSQL result and how each is read. */
#include <string.h>

#include "base/alloc.h"
#include "driver/postgresql_private.h"

/* Type, its array, decoder. Types that are not listed are read as text. */
static const struct {
  Oid type, array;
  am__pg_decoder decoder;
} decoders[] = {
    {16, 1000, AM__PG_BOOL},
    {17, 1001, AM__PG_BYTEA},
    {18, 1002, AM__PG_TEXT},
    {19, 1003, AM__PG_TEXT},
    {20, 1016, AM__PG_INT8},
    {21, 1005, AM__PG_INT2},
    {23, 1007, AM__PG_INT4},
    {25, 1009, AM__PG_TEXT},
    {26, 1028, AM__PG_OID},
    {114, 199, AM__PG_JSON},
    {700, 1021, AM__PG_FLOAT4},
    {701, 1022, AM__PG_FLOAT8},
    {705, 0, AM__PG_TEXT},
    {1042, 1014, AM__PG_TEXT},
    {1043, 1015, AM__PG_TEXT},
    {1082, 1182, AM__PG_DATE},
    {1083, 1183, AM__PG_TIME},
    {1114, 1115, AM__PG_TIMESTAMP},
    {1184, 1185, AM__PG_TIMESTAMPTZ},
    {1186, 1187, AM__PG_INTERVAL},
    {1266, 1270, AM__PG_TIMETZ},
    {1700, 1231, AM__PG_NUMERIC},
    {2278, 0, AM__PG_TEXT},
    {2950, 2951, AM__PG_UUID},
    {3802, 3807, AM__PG_JSONB},
};

am__pg_decoder am__pg_decoder_of(Oid type)
{
  for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++) {
    if (decoders[i].type == type) return decoders[i].decoder;
    if (decoders[i].array == type && type != 0) return AM__PG_ARRAY;
  }
  return AM__PG_OTHER;
}

am__pg_shape *am__pg_shape_new(const PGresult *result)
{
  size_t count = (size_t)PQnfields(result), texts = 0;
  for (size_t i = 0; i < count; i++) texts += strlen(PQfname(result, (int)i)) + 1;
  size_t columns_at = sizeof(am__pg_shape);
  size_t decoders_at = columns_at + count * sizeof(am_column_info);
  size_t texts_at = decoders_at + count * sizeof(am__pg_decoder);
  char *block = am_alloc(texts_at + texts);
  if (block == NULL) return NULL;
  am__pg_shape *shape = (am__pg_shape *)block;
  shape->refs = 1;
  shape->count = count;
  shape->binary = true;
  shape->columns = (am_column_info *)(block + columns_at);
  shape->decoders = (am__pg_decoder *)(block + decoders_at);
  char *text = block + texts_at;
  for (size_t i = 0; i < count; i++) {
    am_column_info info = {text, PQftype(result, (int)i), NULL};
    text = stpcpy(text, PQfname(result, (int)i)) + 1;
    shape->columns[i] = info;
    shape->decoders[i] = am__pg_decoder_of(info.type_oid);
    if (shape->decoders[i] == AM__PG_OTHER) shape->binary = false;
  }
  return shape;
}

void am__pg_shape_unref(am__pg_shape *shape)
{
  if (shape != NULL && --shape->refs == 0) am_free(shape);
}
