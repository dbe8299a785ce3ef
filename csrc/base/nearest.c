/* Edit distance over short names; see nearest.h. Nothing is allocated: names longer than the
 * row buffer are never near. */
#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static bool same(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

/* Letters that were changed, left out, added, or swapped with their neighbour. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
  size_t rows[3][LONGEST + 1];
  for (size_t j = 0; j <= b_size; j++) rows[0][j] = j;
  for (size_t i = 1; i <= a_size; i++) {
    size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *over = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b_size; j++) {
      row[j] =
          least(least(row[j - 1], above[j]) + 1, above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1));
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        row[j] = least(row[j], over[j - 2] + 1);
    }
  }
  return rows[a_size % 3][b_size];
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
