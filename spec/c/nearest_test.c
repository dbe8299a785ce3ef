/* base/nearest */
#include "base/nearest.h"

#include "check.h"

static const char *const options[] = {"pool_size", "pool_timeout", "pool_recycle", "echo", "url"};

static const char *nearest(const char *name)
{
  const char *found = am_nearest_name(name, options, sizeof options / sizeof *options);
  return found != NULL ? found : "(none)";
}

TEST(a_slip_of_the_finger_finds_its_name)
{
  CHECK_TEXT(nearest("pool_sizee"), "pool_size");
  CHECK_TEXT(nearest("poolsize"), "pool_size");
  CHECK_TEXT(nearest("Pool_Size"), "pool_size");
  CHECK_TEXT(nearest("pool_recylce"), "pool_recycle");
  CHECK_TEXT(nearest("ecko"), "echo");
  CHECK_TEXT(nearest("ceho"), "echo");
  CHECK_TEXT(nearest("urll"), "url");
  CHECK_TEXT(nearest("ulr"), "url");
}

TEST(a_name_that_means_something_else_finds_none)
{
  CHECK_TEXT(nearest("isolation_level"), "(none)");
  CHECK_TEXT(nearest("xyz"), "(none)");
  CHECK_TEXT(nearest(""), "(none)");
  CHECK(am_nearest_name("echo", NULL, 0) == NULL);
}

TEST(very_long_names_are_safe)
{
  char name[4096];
  memset(name, 'p', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  CHECK_TEXT(nearest(name), "(none)");
}

RUN({"a_slip_of_the_finger_finds_its_name", a_slip_of_the_finger_finds_its_name},
    {"a_name_that_means_something_else_finds_none", a_name_that_means_something_else_finds_none},
    {"very_long_names_are_safe", very_long_names_are_safe})
