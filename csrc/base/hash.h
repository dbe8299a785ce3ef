/* 128-bit structural keys.
 *
 * Two lanes are folded by multiplication (the "mum" step of wyhash) with
 * different odd constants, so that a key is built up value by value in a few
 * nanoseconds. Keys are compared for equality only and never leave the process.
 */
#ifndef AM_BASE_HASH_H
#define AM_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct am_key {
  uint64_t a, b;
} am_key;

static inline uint64_t am_hash_mum(uint64_t x, uint64_t y)
{
  __extension__ unsigned __int128 product = (unsigned __int128)x * y;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline am_key am_key_seed(uint64_t seed)
{
  am_key key = {seed ^ 0x2d358dccaa6c78a5u, ~seed ^ 0x8bb84b93962eacc9u};
  return key;
}

/* Folds two 64-bit values into the key, one into each lane; order matters. */
static inline am_key am_key_mix2(am_key key, uint64_t x, uint64_t y)
{
  key.a = am_hash_mum(key.a ^ x ^ 0x4b33a62ed433d4a3u, 0xa0761d6478bd642fu ^ key.b);
  key.b = am_hash_mum(key.b + y + 0x9e3779b97f4a7c15u, 0xe7037ed1a0b428dbu ^ key.a);
  return key;
}

static inline am_key am_key_mix(am_key key, uint64_t value)
{
  return am_key_mix2(key, value, value);
}

static inline am_key am_key_join(am_key key, am_key other)
{
  return am_key_mix2(key, other.a, other.b);
}

am_key am_key_bytes(am_key key, const void *bytes, size_t size);

static inline bool am_key_equal(am_key x, am_key y) { return x.a == y.a && x.b == y.b; }

#endif
