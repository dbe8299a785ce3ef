/* base/strbuf */
#include "base/strbuf.h"

#include <stdint.h>

#include "base/alloc.h"
#include "check.h"

TEST(appends_in_every_way)
{
  am_strbuf buf = AM_STRBUF_INIT;
  am_strbuf_puts(&buf, "ab");
  am_strbuf_putc(&buf, 'c');
  am_strbuf_add(&buf, "d\0e", 3);
  am_strbuf_printf(&buf, "%d-%s", 42, "x");
  CHECK_EQUAL(buf.size, 10);
  CHECK(memcmp(buf.text, "abcd\0e42-x", 11) == 0);
  am_strbuf_deinit(&buf);
}

TEST(grows_far_beyond_the_first_block)
{
  am_strbuf buf = AM_STRBUF_INIT;
  for (int i = 0; i < 100000; i++) am_strbuf_printf(&buf, "%05d", i);
  CHECK_EQUAL(buf.size, 500000);
  CHECK(memcmp(buf.text + 5 * 12345, "12345", 5) == 0);
  CHECK_EQUAL(buf.text[buf.size], 0);
  am_strbuf_deinit(&buf);
}

TEST(refuses_a_size_that_no_memory_has)
{
  am_strbuf buf = AM_STRBUF_INIT;
  am_strbuf_puts(&buf, "kept");
  CHECK(!am_strbuf_reserve(&buf, SIZE_MAX));
  CHECK(am_strbuf_failed(&buf));
  CHECK_TEXT(buf.text, "kept");
  am_strbuf_deinit(&buf);
}

TEST(inserts_and_truncates)
{
  am_strbuf buf = AM_STRBUF_INIT;
  am_strbuf_puts(&buf, "held");
  am_strbuf_insert(&buf, 3, "lo wor", 6);
  am_strbuf_insert(&buf, 0, "", 0);
  CHECK_TEXT(buf.text, "hello word");
  am_strbuf_insert(&buf, buf.size, "s", 1);
  CHECK_TEXT(buf.text, "hello words");
  am_strbuf_truncate(&buf, 5);
  CHECK_TEXT(buf.text, "hello");
  am_strbuf_truncate(&buf, 50);
  CHECK_EQUAL(buf.size, 5);
  am_strbuf_deinit(&buf);
}

TEST(gives_its_text_away)
{
  am_strbuf buf = AM_STRBUF_INIT;
  size_t size = 99;
  char *empty = am_strbuf_take(&buf, &size);
  CHECK_TEXT(empty, "");
  CHECK_EQUAL(size, 0);
  am_strbuf_puts(&buf, "mine");
  char *text = am_strbuf_take(&buf, NULL);
  CHECK_TEXT(text, "mine");
  CHECK(buf.text == NULL && buf.size == 0);
  am_free(empty);
  am_free(text);
}

TEST(failure_sticks_until_cleared)
{
  am_strbuf buf = AM_STRBUF_INIT;
  am_strbuf_puts(&buf, "kept");
  check_fail_at(1);
  for (int i = 0; i < 100; i++) am_strbuf_puts(&buf, "more text");
  check_fail_at(0);
  CHECK(am_strbuf_failed(&buf));
  CHECK_EQUAL(strncmp(buf.text, "kept", 4), 0);
  CHECK_EQUAL(strlen(buf.text), buf.size);
  am_strbuf_clear(&buf);
  am_strbuf_puts(&buf, "again");
  CHECK(!am_strbuf_failed(&buf));
  CHECK_TEXT(buf.text, "again");
  am_strbuf_deinit(&buf);
}

TEST(survives_every_fault)
{
  EACH_FAULT
  {
    am_strbuf buf = AM_STRBUF_INIT;
    for (int i = 0; i < 200; i++) am_strbuf_printf(&buf, "line %d\n", i);
    am_strbuf_insert(&buf, 0, "head", 4);
    bool lost = am_strbuf_failed(&buf);
    char *text = am_strbuf_take(&buf, NULL);
    CHECK_EQUAL(text == NULL, lost || check_failed_once());
    am_free(text);
  }
}

RUN({"appends_in_every_way", appends_in_every_way},
    {"grows_far_beyond_the_first_block", grows_far_beyond_the_first_block},
    {"refuses_a_size_that_no_memory_has", refuses_a_size_that_no_memory_has},
    {"inserts_and_truncates", inserts_and_truncates}, {"gives_its_text_away", gives_its_text_away},
    {"failure_sticks_until_cleared", failure_sticks_until_cleared},
    {"survives_every_fault", survives_every_fault})
