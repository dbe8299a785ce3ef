/* PostgreSQL's array and hstore literals and UUIDs; the first byte chooses. */
#include "value/array.h"
#include "value/hstore.h"
#include "value/uuid.h"
#include "fuzz.h"

static bool copy_array(const char *text, size_t size, am_strbuf *out)
{
  am_error err = AM_ERROR_INIT;
  char *scratch = am_array_needs_scratch(text, size) ? am_alloc(size) : NULL;
  am_array_reader reader;
  am_array_writer writer = {out, ',', false};
  am_array_reader_init(&reader, text, size, ',', scratch);
  am_array_event event;
  const char *cell;
  size_t cell_size;
  while ((event = am_array_next(&reader, &cell, &cell_size, &err)) > AM_ARRAY_END) {
    if (event == AM_ARRAY_OPEN) am_array_put_open(&writer);
    if (event == AM_ARRAY_CLOSE) am_array_put_close(&writer);
    if (event == AM_ARRAY_NULL) am_array_put_null(&writer);
    if (event == AM_ARRAY_TEXT) am_array_put_text(&writer, cell, cell_size);
  }
  MUST(event == AM_ARRAY_END || err.cls != AM_ERR_NONE);
  am_error_clear(&err);
  am_free(scratch);
  return event == AM_ARRAY_END;
}

static bool copy_hstore(const char *text, size_t size, am_strbuf *out)
{
  am_error err = AM_ERROR_INIT;
  char *scratch = am_alloc(size);
  am_hstore_reader reader;
  am_hstore_pair pair;
  int rc;
  am_hstore_reader_init(&reader, text, size, scratch);
  while ((rc = am_hstore_next(&reader, &pair, &err)) > 0) am_hstore_put(out, 0, &pair);
  am_error_clear(&err);
  am_free(scratch);
  return rc == 0;
}

/* Written out and read again, nothing changes any more. */
static void twice(bool (*copy)(const char *, size_t, am_strbuf *), const char *text, size_t size)
{
  am_strbuf first = AM_STRBUF_INIT, second = AM_STRBUF_INIT;
  if (copy(text, size, &first) && first.size > 0) {
    MUST(copy(first.text, first.size, &second));
    MUST(first.size == second.size && memcmp(first.text, second.text, first.size) == 0);
  }
  am_strbuf_deinit(&first);
  am_strbuf_deinit(&second);
}

static void uuid(const char *text, size_t size)
{
  unsigned char bytes[16], again[16];
  char out[AM_UUID_TEXT];
  am_error err = AM_ERROR_INIT;
  if (am_uuid_parse(text, size, bytes, &err)) {
    am_uuid_print(bytes, out);
    MUST(am_uuid_parse(out, strlen(out), again, &err));
    MUST(memcmp(bytes, again, sizeof bytes) == 0);
  }
  am_error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) return 0;
  char *copy = am_memdup((const char *)data + 1, size - 1);
  switch (data[0] % 3) {
  case 0: twice(copy_array, copy, size - 1); break;
  case 1: twice(copy_hstore, copy, size - 1); break;
  default: uuid(copy, size - 1);
  }
  am_free(copy);
  return 0;
}
