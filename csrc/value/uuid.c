/* UUIDs (see uuid.h). Randomness comes from the kernel on every call: no state to fork or share. */
#include "value/uuid.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static int hex(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_bytes(const char *p, const char *end, unsigned char *bytes)
{
  int digits = 0, high = 0;
  for (; p < end; p++) {
    if (*p == '-' && digits > 0) continue;
    int digit = hex(*p);
    if (digit < 0 || digits == 32) return false;
    if (digits % 2 == 0) high = digit;
    else bytes[digits / 2] = (unsigned char)(high << 4 | digit);
    digits++;
  }
  return digits == 32 && end[-1] != '-';
}

bool am_uuid_parse(const char *text, size_t size, unsigned char out[16], am_error *err)
{
  const char *p = text, *end = text + size;
  unsigned char bytes[16];
  if (size > 9 && memcmp(p, "urn:uuid:", 9) == 0) p += 9;
  bool braces = end - p >= 2 && *p == '{' && end[-1] == '}';
  if (braces) p++, end--;
  if (!read_bytes(p, end, bytes))
    return am_error_set(err, AM_ERR_ARGUMENT,
                        "'%.*s' is not a UUID: expected 32 hexadecimal digits such as "
                        "123e4567-e89b-12d3-a456-426614174000",
                        size > 60 ? 60 : (int)size, text);
  memcpy(out, bytes, sizeof bytes);
  return true;
}

static char *put_bytes(const unsigned char *bytes, int count, char *at)
{
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < count; i++) {
    *at++ = digits[bytes[i] >> 4];
    *at++ = digits[bytes[i] & 15];
  }
  *at = '\0';
  return at;
}

size_t am_uuid_print(const unsigned char bytes[16], char out[AM_UUID_TEXT])
{
  static const int groups[] = {4, 2, 2, 2, 6};
  char *at = out;
  for (int i = 0; i < 5; bytes += groups[i++]) {
    if (i > 0) *at++ = '-';
    at = put_bytes(bytes, groups[i], at);
  }
  return (size_t)(at - out);
}

size_t am_uuid_print_digits(const unsigned char bytes[16], char out[AM_UUID_TEXT])
{
  return (size_t)(put_bytes(bytes, 16, out) - out);
}

static bool fill_random(unsigned char *bytes, size_t size, am_error *err)
{
  while (size > 0) {
    ssize_t got = getrandom(bytes, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return am_error_set(err, AM_ERR_ERROR, "no randomness from the system: %s", strerror(errno));
    bytes += got;
    size -= (size_t)got;
  }
  return true;
}

static void mark(unsigned char *bytes, int version)
{
  bytes[6] = (unsigned char)((bytes[6] & 0x0f) | version << 4);
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
}

bool am_uuid_make4(unsigned char out[16], am_error *err)
{
  unsigned char bytes[16];
  if (!fill_random(bytes, sizeof bytes, err)) return false;
  mark(bytes, 4);
  memcpy(out, bytes, sizeof bytes);
  return true;
}

bool am_uuid_make7(unsigned char out[16], am_error *err)
{
  unsigned char bytes[16];
  if (!fill_random(bytes + 8, 8, err)) return false;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t millis = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  uint64_t fraction = (uint64_t)now.tv_nsec % 1000000 * 4096 / 1000000;
  for (int i = 0; i < 6; i++) bytes[i] = (unsigned char)(millis >> (40 - 8 * i));
  bytes[6] = (unsigned char)(fraction >> 8);
  bytes[7] = (unsigned char)fraction;
  mark(bytes, 7);
  memcpy(out, bytes, sizeof bytes);
  return true;
}
