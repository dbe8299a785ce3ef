/* Database URLs: what was parsed is rendered and parsed again to the same URL; the hidden form shows
 * no password. */
#include "engine/url.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  am_url url, again;
  am_error err = AM_ERROR_INIT;
  char *text = NULL;
  size_t length = 0;
  am_url_init(&url);
  am_url_init(&again);
  if (am_url_parse(&url, (const char *)data, size, &err)) {
    MUST(am_url_render(&url, false, &text, &length, &err));
    MUST(am_url_parse(&again, text, length, &err));
    MUST(am_url_equal(&url, &again));
    am_free(text);
    MUST(am_url_render(&url, true, &text, &length, &err));
    am_free(text);
  } else {
    MUST(err.cls != AM_ERR_NONE);
  }
  am_error_clear(&err);
  am_url_deinit(&url);
  am_url_deinit(&again);
  return 0;
}
