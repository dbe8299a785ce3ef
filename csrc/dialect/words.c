/* Look-up in sorted word lists. */
#include <string.h>

#include "dialect/oper.h"

bool am_word_in(const char *word, const char *const *sorted, size_t count)
{
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(word, sorted[middle]);
    if (order == 0) return true;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return false;
}
