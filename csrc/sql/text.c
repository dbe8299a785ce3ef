/* Binds in texts; see text.h. */
#include "sql/text.h"

static bool is_word(char ch)
{
  return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
         ch == '_' || ch == '$' || (unsigned char)ch >= 0x80;
}

/* The end of the bind name that begins behind the colon at `colon`; NULL if this is no bind. */
static const char *bind_end(const char *colon, const char *begin, const char *end)
{
  if (colon > begin && (colon[-1] == ':' || colon[-1] == '\\' || is_word(colon[-1]))) return NULL;
  const char *at = colon + 1;
  while (at < end && is_word(*at)) at++;
  if (at == colon + 1 || (at < end && *at == ':')) return NULL;
  return at;
}

/* The end of a name behind "\\:", whose backslash goes; NULL where another colon follows and it
 * stays, as SQLAlchemy's pattern has it ('12\\:30:00'). */
static const char *escaped_end(const char *backslash, const char *end)
{
  const char *at = backslash + 1;
  if (at >= end || *at != ':') return NULL;
  for (at++; at < end && is_word(*at);) at++;
  return at < end && *at == ':' ? NULL : at;
}

bool am_text_next(const char **at, const char *begin, const char *end, am_text_part *out)
{
  const char *start = *at;
  if (start >= end) return false;
  if (*start == ':') {
    const char *stop = bind_end(start, begin, end);
    if (stop != NULL) {
      *out = (am_text_part){start + 1, (size_t)(stop - start - 1), true};
      *at = stop;
      return true;
    }
  }
  const char *escaped = *start == '\\' ? escaped_end(start, end) : NULL;
  if (escaped != NULL) {
    *out = (am_text_part){start + 1, (size_t)(escaped - start - 1), false};
    *at = escaped;
    return true;
  }
  const char *stop = start + 1;
  while (stop < end && *stop != '\\' && !(*stop == ':' && bind_end(stop, begin, end) != NULL))
    stop++;
  *out = (am_text_part){start, (size_t)(stop - start), false};
  *at = stop;
  return true;
}
