/* base/md5: the test suite of RFC 1321, and the lengths around a block's end. */
#include "base/md5.h"

#include "check.h"

static void check_hex(const char *text, const char *expected)
{
  char hex[33];
  am_md5_hex(text, strlen(text), hex);
  CHECK_TEXT(hex, expected);
}

TEST(the_examples_of_the_rfc_come_out)
{
  check_hex("", "d41d8cd98f00b204e9800998ecf8427e");
  check_hex("a", "0cc175b9c0f1b6a831c399e269772661");
  check_hex("abc", "900150983cd24fb0d6963f7d28e17f72");
  check_hex("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
  check_hex("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
  check_hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(texts_that_just_fill_a_block_are_padded_into_the_next)
{
  static const struct {
    size_t size;
    const char *hex;
  } cases[] = {
      {55, "04364420e25c512fd958a70738aa8f72"},  {56, "668a72d5ba17f08e62dabcafad6db14b"},
      {63, "7dc2ca208106a2f703567bdff99d8981"},  {64, "c1bb4f81d892b2d57947682aeb252456"},
      {65, "1bc932052302d074bdec39795fe00cf6"},  {119, "ab347a5f68c8a443cfcddc633f12c24f"},
      {120, "fb98667f98096de92620b64f46e1c5b5"}, {128, "d69cb61a6ee87200676eb0d4b90edbcb"},
  };
  char bytes[128];
  memset(bytes, 'x', sizeof bytes);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char hex[33];
    am_md5_hex(bytes, cases[i].size, hex);
    CHECK_TEXT(hex, cases[i].hex);
  }
}

RUN({"the_examples_of_the_rfc_come_out", the_examples_of_the_rfc_come_out},
    {"texts_that_just_fill_a_block_are_padded_into_the_next",
     texts_that_just_fill_a_block_are_padded_into_the_next})
