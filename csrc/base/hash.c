/* Folding of byte strings into keys; see hash.h. */
#include "base/hash.h"

#include <string.h>

am_key am_key_bytes(am_key key, const void *bytes, size_t size)
{
  const unsigned char *at = bytes;
  size_t left = size;
  while (left >= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    key = am_key_mix(key, word);
    at += 8;
    left -= 8;
  }
  uint64_t tail = 0;
  if (left > 0) memcpy(&tail, at, left);
  return am_key_mix(am_key_mix(key, tail), size);
}
