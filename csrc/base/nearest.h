/* The valid name that a wrong one was probably meant to be. */
#ifndef AM_BASE_NEAREST_H
#define AM_BASE_NEAREST_H

#include <stddef.h>

/* The entry of `names` closest to `name` by edit distance (case ignored, swapped neighbours count
 * once), NULL if none is close: at most a third of the name's letters (and at least one, at most
 * three) may differ. */
const char *am_nearest_name(const char *name, const char *const *names, size_t count);

#endif
