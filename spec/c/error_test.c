/* base/error */
#include "base/error.h"

#include "check.h"

TEST(the_first_error_wins)
{
  am_error err = AM_ERROR_INIT;
  CHECK(!am_error_set(&err, AM_ERR_ARGUMENT, "bad %s %d", "thing", 3));
  CHECK(!am_error_set(&err, AM_ERR_COMPILE, "later"));
  CHECK(!am_error_memory(&err));
  CHECK_EQUAL(err.cls, AM_ERR_ARGUMENT);
  CHECK_TEXT(err.message, "bad thing 3");
  am_error_clear(&err);
  CHECK_EQUAL(err.cls, AM_ERR_NONE);
  CHECK(am_error_set(&err, AM_ERR_COMPILE, "new") == false && err.cls == AM_ERR_COMPILE);
  am_error_clear(&err);
  am_error_clear(&err);
}

TEST(long_messages_are_complete)
{
  static char big[10001];
  memset(big, 'x', 10000);
  am_error err = AM_ERROR_INIT;
  am_error_set(&err, AM_ERR_ARGUMENT, "%s!", big);
  CHECK_EQUAL(strlen(err.message), 10001);
  am_error_clear(&err);
}

TEST(no_memory_for_the_message_is_a_memory_error)
{
  am_error err = AM_ERROR_INIT;
  check_fail_at(1);
  CHECK(!am_error_set(&err, AM_ERR_ARGUMENT, "x"));
  CHECK_EQUAL(err.cls, AM_ERR_MEMORY);
  CHECK(err.message == NULL);
  am_error_clear(&err);
}

TEST(classes_form_a_tree)
{
  CHECK_TEXT(am_error_class_name(AM_ERR_INTEGRITY), "IntegrityError");
  CHECK_EQUAL(am_error_class_parent(AM_ERR_INTEGRITY), AM_ERR_DATABASE);
  for (int cls = 1; cls < AM_ERR_COUNT; cls++) {
    int at = cls, steps = 0;
    for (; at != AM_ERR_ERROR && steps < 10; steps++)
      at = am_error_class_parent((am_error_class)at);
    CHECK_EQUAL(at, AM_ERR_ERROR);
  }
}

RUN({"the_first_error_wins", the_first_error_wins},
    {"long_messages_are_complete", long_messages_are_complete},
    {"no_memory_for_the_message_is_a_memory_error", no_memory_for_the_message_is_a_memory_error},
    {"classes_form_a_tree", classes_form_a_tree})
