/* PostgreSQL's binary values as text: whatever a server sends, nothing is read beyond its end. The
 * first byte chooses the type. */
#include "driver/postgresql_private.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) return 0;
  char *copy = am_alloc(size - 1); /* without a byte behind it */
  memcpy(copy, data + 1, size - 1);
  am_strbuf out = AM_STRBUF_INIT;
  if (data[0] % 16 == 0) {
    (void)am__pg_array_text(&out, copy, (int)(size - 1));
  } else if (data[0] % 16 == 1) {
    char *text = am_memdup(copy, size - 1);
    (void)am__pg_text_to_utc(&out, text);
    am_free(text);
  } else {
    am__pg_decoder decoder = (am__pg_decoder)(AM__PG_JSONB + 1 + data[0] % 16 % 8);
    (void)am__pg_text_of(&out, decoder, copy, (int)(size - 1));
  }
  am_strbuf_deinit(&out);
  am_free(copy);
  return 0;
}
