/* A growing text with sticky failure.
 *
 * All writers of the core use it: they append without looking and the owner asks
 * once at the end (am_strbuf_failed). After a failure (no memory, a text that printf cannot
 * make) the buffer stays valid and ignores further writes.
 * Invariant: `text` is NULL or NUL-terminated at `size`.
 */
#ifndef AM_BASE_STRBUF_H
#define AM_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct am_strbuf {
  char *text;
  size_t size;
  size_t capacity;
  bool failed;
} am_strbuf;

/* clang-format off */
#define AM_STRBUF_INIT {NULL, 0, 0, false}
/* clang-format on */

void am_strbuf_init(am_strbuf *buf);
void am_strbuf_deinit(am_strbuf *buf);
void am_strbuf_clear(am_strbuf *buf); /* keeps the memory; forgets a failure */
void am_strbuf_add(am_strbuf *buf, const char *bytes, size_t size);
void am_strbuf_puts(am_strbuf *buf, const char *text);
void am_strbuf_putc(am_strbuf *buf, char c);
void am_strbuf_printf(am_strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void am_strbuf_vprintf(am_strbuf *buf, const char *format, va_list args);
void am_strbuf_truncate(am_strbuf *buf, size_t size);
/* Inserts `bytes` at `at` (0-based), moving the rest. */
void am_strbuf_insert(am_strbuf *buf, size_t at, const char *bytes, size_t size);
/* Makes room for `more` bytes beyond size; false on failure. */
bool am_strbuf_reserve(am_strbuf *buf, size_t more);
/* Gives the text away (am_free it); NULL after a failure. The buffer is empty afterwards. */
char *am_strbuf_take(am_strbuf *buf, size_t *out_size);
static inline bool am_strbuf_failed(const am_strbuf *buf) { return buf->failed; }

#endif
