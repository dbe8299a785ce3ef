/* Reading UTF-8; owns nothing. */
#include "base/utf8.h"

size_t am_utf8_read(const char *text, const char *end, uint32_t *out_code)
{
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* of so many bytes */
  const unsigned char *at = (const unsigned char *)text;
  if (at[0] < 0x80) {
    *out_code = at[0];
    return 1;
  }
  size_t size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  if (at[0] < 0xc2 || at[0] > 0xf4 || (size_t)(end - text) < size) return 0;
  uint32_t code = at[0] & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0;
    code = code << 6 | (at[i] & 0x3f);
  }
  if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0;
  *out_code = code;
  return size;
}
