/* The binds of text(): the parts lie in the text, in order, and never overlap. */
#include "sql/text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *copy = am_memdup((const char *)data, size);
  const char *at = copy, *end = copy + size, *last = copy;
  am_text_part part;
  while (am_text_next(&at, copy, end, &part)) {
    MUST(part.text >= last && part.text + part.size <= end && at <= end);
    MUST(!part.is_bind || part.size > 0);
    last = part.text + part.size;
  }
  am_free(copy);
  return 0;
}
