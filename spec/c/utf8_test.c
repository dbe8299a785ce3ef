/* base/utf8 */
#include "base/utf8.h"

#include "check.h"

/* The bytes of the first character, and its code point. */
static size_t first(const char *text, size_t size, uint32_t *out_code)
{
  *out_code = 0xffffffff;
  return am_utf8_read(text, text + size, out_code);
}

TEST(characters_of_one_to_four_bytes_are_read)
{
  uint32_t code;
  CHECK(first("a", 1, &code) == 1 && code == 'a');
  CHECK(first("\0", 1, &code) == 1 && code == 0);
  CHECK(first("\xc3\xa9x", 3, &code) == 2 && code == 0xe9);
  CHECK(first("\xe2\x82\xac", 3, &code) == 3 && code == 0x20ac);
  CHECK(first("\xf0\x9f\x98\x80", 4, &code) == 4 && code == 0x1f600);
  CHECK(first("\xf4\x8f\xbf\xbf", 4, &code) == 4 && code == 0x10ffff);
}

TEST(what_is_no_utf8_is_refused)
{
  uint32_t code;
  CHECK(first("\x80", 1, &code) == 0);             /* stray */
  CHECK(first("\xff", 1, &code) == 0);             /* never */
  CHECK(first("\xe2\x82", 2, &code) == 0);         /* cut off */
  CHECK(first("\xc3(", 2, &code) == 0);            /* broken */
  CHECK(first("\xc0\x80", 2, &code) == 0);         /* longer than needed */
  CHECK(first("\xe0\x80\x80", 3, &code) == 0);     /* the same */
  CHECK(first("\xf0\x80\x80\x80", 4, &code) == 0); /* the same */
  CHECK(first("\xed\xa0\x80", 3, &code) == 0);     /* surrogate */
  CHECK(first("\xf4\x90\x80\x80", 4, &code) == 0); /* beyond U+10FFFF */
  CHECK(code == 0xffffffff);
}

RUN({"characters_of_one_to_four_bytes_are_read", characters_of_one_to_four_bytes_are_read},
    {"what_is_no_utf8_is_refused", what_is_no_utf8_is_refused})
