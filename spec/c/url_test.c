/* URLs: allocation faults and random bytes; the forms are in spec/engine/url_spec.lua. */
#include <stdlib.h>

#include "base/alloc.h"
#include "check.h"
#include "engine/url.h"

static const char sample[] =
    "postgresql+libpq://us%40er:p%2fw@[::1]:5432/data?host=a:1&x=1%262&host=b:2&y=p+q";

static void round_trip(const char *text, size_t size)
{
  am_url url, again;
  am_error err = AM_ERROR_INIT;
  char *rendered = NULL;
  size_t rendered_size;
  am_url_init(&url);
  am_url_init(&again);
  if (am_url_parse(&url, text, size, &err)) {
    if (am_url_render(&url, true, &rendered, &rendered_size, &err)) am_free(rendered);
    if (am_url_render(&url, false, &rendered, &rendered_size, &err)) {
      CHECK(!am_url_parse(&again, rendered, rendered_size, &err) || am_url_equal(&url, &again));
      am_free(rendered);
    }
  }
  am_error_clear(&err);
  am_url_deinit(&url);
  am_url_deinit(&again);
}

TEST(faults)
{
  EACH_FAULT { round_trip(sample, sizeof sample - 1); }
}

TEST(random_bytes)
{
  static const char alphabet[] = ":/@?&=%40[],+a\xff#";
  unsigned seed = 1;
  for (int i = 0; i < 20000; i++) {
    char *text = am_alloc(40); /* on the heap, so that a sanitizer sees every byte read beyond */
    size_t size = (size_t)rand_r(&seed) % 36;
    memcpy(text, "p://", 4);
    for (size_t at = i % 4 == 0 ? 0 : 4; at < 4 + size; at++)
      text[at] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet)];
    char *exact = am_realloc(text, 4 + size);
    round_trip(exact, 4 + size);
    am_free(exact);
  }
  CHECK_EQUAL(check_alive(), 0);
}

RUN({"faults", faults}, {"random bytes", random_bytes})
