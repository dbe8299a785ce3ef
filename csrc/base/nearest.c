/* Edit distance over short names; see nearest.h. Nothing is allocated: names longer than the
 * row buffer are never near. */
#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
  size_t row[LONGEST + 1];
  for (size_t j = 0; j <= b_size; j++) row[j] = j;
  for (size_t i = 1; i <= a_size; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b_size; j++) {
      size_t above = row[j];
      int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
      row[j] = least(least(row[j - 1], above) + 1, diagonal + (same ? 0 : 1));
      diagonal = above;
    }
  }
  return row[b_size];
}

const char *am_nearest_name(const char *name, const char *const *names, size_t count)
{
  size_t size = strlen(name);
  if (size > LONGEST) return NULL;
  size_t limit = size / 3 < 1 ? 1 : least(size / 3, 3);
  const char *best = NULL;
  for (size_t i = 0; i < count; i++) {
    size_t other = strlen(names[i]);
    if (other > LONGEST || other > size + limit || size > other + limit) continue;
    size_t d = distance(name, size, names[i], other);
    if (d > limit) continue;
    best = names[i];
    if (d == 0) break;
    limit = d - 1;
  }
  return best;
}
