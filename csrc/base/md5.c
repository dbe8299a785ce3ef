/* MD5; see md5.h. No memory is allocated. */
#include "base/md5.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t rotate(uint32_t x, unsigned by) { return (x << by) | (x >> (32 - by)); }

static uint32_t read_word(const unsigned char *at)
{
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The 64 steps of one block. The constants are computed as the RFC defines them. */
static void round_of(uint32_t state[4], const unsigned char *block)
{
  static const unsigned shifts[4][4] = {
      {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (unsigned i = 0; i < 64; i++) {
    uint32_t mix;
    unsigned word;
    switch (i / 16) {
      case 0: mix = (b & c) | (~b & d), word = i; break;
      case 1: mix = (d & b) | (~d & c), word = (5 * i + 1) % 16; break;
      case 2: mix = b ^ c ^ d, word = (3 * i + 5) % 16; break;
      default: mix = c ^ (b | ~d), word = (7 * i) % 16; break;
    }
    uint32_t constant = (uint32_t)floor(fabs(sin((double)(i + 1))) * 4294967296.0);
    uint32_t sum = a + mix + constant + read_word(block + word * 4);
    a = d;
    d = c;
    c = b;
    b += rotate(sum, shifts[i / 16][i % 4]);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

void am_md5_hex(const char *bytes, size_t size, char out_text[33])
{
  uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  size_t full = size / 64 * 64;
  for (size_t i = 0; i < full; i += 64) round_of(state, (const unsigned char *)bytes + i);
  unsigned char tail[128] = {0};
  size_t rest = size - full, blocks = rest < 56 ? 64 : 128;
  if (rest > 0) memcpy(tail, bytes + full, rest);
  tail[rest] = 0x80;
  uint64_t bits = (uint64_t)size * 8;
  for (int i = 0; i < 8; i++) tail[blocks - 8 + (size_t)i] = (unsigned char)(bits >> (8 * i));
  for (size_t i = 0; i < blocks; i += 64) round_of(state, tail + i);
  for (int i = 0; i < 16; i++)
    snprintf(out_text + i * 2, 3, "%02x", (unsigned)(state[i / 4] >> (8 * (i % 4))) & 0xff);
}
