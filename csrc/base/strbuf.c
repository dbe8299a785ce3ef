/* Growing text; see strbuf.h. */
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { FIRST_CAPACITY = 64 };

void am_strbuf_init(am_strbuf *buf) { memset(buf, 0, sizeof *buf); }

void am_strbuf_deinit(am_strbuf *buf)
{
  am_free(buf->text);
  am_strbuf_init(buf);
}

void am_strbuf_clear(am_strbuf *buf)
{
  buf->size = 0;
  buf->failed = false;
  if (buf->text != NULL) buf->text[0] = '\0';
}

bool am_strbuf_reserve(am_strbuf *buf, size_t more)
{
  if (buf->failed) return false;
  if (more < buf->capacity - buf->size) return true; /* one byte is for the NUL */
  size_t need = buf->size + more + 1;
  size_t capacity = buf->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buf->capacity * 2;
  if (capacity < need) capacity = need;
  char *text = need > more ? am_realloc(buf->text, capacity) : NULL; /* else the sum wrapped */
  if (text == NULL) {
    buf->failed = true;
    return false;
  }
  buf->text = text;
  buf->capacity = capacity;
  buf->text[buf->size] = '\0';
  return true;
}

void am_strbuf_add(am_strbuf *buf, const char *bytes, size_t size)
{
  if (!am_strbuf_reserve(buf, size)) return;
  if (size > 0) memcpy(buf->text + buf->size, bytes, size);
  buf->size += size;
  buf->text[buf->size] = '\0';
}

void am_strbuf_puts(am_strbuf *buf, const char *text) { am_strbuf_add(buf, text, strlen(text)); }

void am_strbuf_putc(am_strbuf *buf, char c) { am_strbuf_add(buf, &c, 1); }

void am_strbuf_vprintf(am_strbuf *buf, const char *format, va_list args)
{
  va_list again;
  va_copy(again, args);
  int size = vsnprintf(NULL, 0, format, args);
  if (size < 0) {
    buf->failed = true;
  } else if (am_strbuf_reserve(buf, (size_t)size)) {
    vsnprintf(buf->text + buf->size, (size_t)size + 1, format, again);
    buf->size += (size_t)size;
  }
  va_end(again);
}

void am_strbuf_printf(am_strbuf *buf, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  am_strbuf_vprintf(buf, format, args);
  va_end(args);
}

void am_strbuf_truncate(am_strbuf *buf, size_t size)
{
  if (size >= buf->size) return;
  buf->size = size;
  buf->text[size] = '\0';
}

void am_strbuf_insert(am_strbuf *buf, size_t at, const char *bytes, size_t size)
{
  if (size == 0 || !am_strbuf_reserve(buf, size)) return;
  memmove(buf->text + at + size, buf->text + at, buf->size - at + 1);
  memcpy(buf->text + at, bytes, size);
  buf->size += size;
}

char *am_strbuf_take(am_strbuf *buf, size_t *out_size)
{
  if (!am_strbuf_reserve(buf, 0)) {
    am_strbuf_deinit(buf);
    return NULL;
  }
  char *text = buf->text;
  if (out_size != NULL) *out_size = buf->size;
  am_strbuf_init(buf);
  return text;
}
