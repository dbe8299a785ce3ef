/* The allocator of the core and its fault switch; see alloc.h. */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#ifdef AM_FAULTS
/* lint: fault builds only, per thread */
static _Thread_local long fail_at;
/* lint: fault builds only; blocks may be freed by another thread than the one that took them */
static _Atomic long alive;

static int must_fail(void)
{
  if (fail_at == 0) return 0;
  return --fail_at == 0;
}

void am_alloc_fail_at(long n) { fail_at = n; }
bool am_alloc_fault_pending(void) { return fail_at > 0; }
long am_alloc_alive(void) { return alive; }
#define COUNT(delta) (alive += (delta))
#else
#define must_fail() 0
#define COUNT(delta) ((void)0)
void am_alloc_fail_at(long n) { (void)n; }
bool am_alloc_fault_pending(void) { return false; }
long am_alloc_alive(void) { return 0; }
#endif

void *am_alloc(size_t size)
{
  void *block = must_fail() ? NULL : malloc(size ? size : 1);
  if (block != NULL) COUNT(1);
  return block;
}

void *am_calloc(size_t size)
{
  void *block = must_fail() ? NULL : calloc(1, size ? size : 1);
  if (block != NULL) COUNT(1);
  return block;
}

void *am_realloc(void *block, size_t size)
{
  void *fresh = must_fail() ? NULL : realloc(block, size ? size : 1);
  if (fresh != NULL && block == NULL) COUNT(1);
  return fresh;
}

void am_free(void *block)
{
  if (block == NULL) return;
  COUNT(-1);
  free(block);
}

char *am_memdup(const char *bytes, size_t size)
{
  char *copy = am_alloc(size + 1);
  if (copy == NULL) return NULL;
  if (size > 0) memcpy(copy, bytes, size);
  copy[size] = '\0';
  return copy;
}

char *am_strdup(const char *text) { return am_memdup(text, strlen(text)); }

#if defined(AM_FAULTS) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
void *am_small_calloc(size_t size) { return am_calloc(size); }

void am_small_free(void *block, size_t size)
{
  (void)size;
  am_free(block);
}
#else
/* Blocks up to 512 bytes, at most 8 MiB: the dead nodes of one round of the collector wait here for
 * the next ones instead of passing through malloc one by one. Lua's collector does not know their
 * size, so a round of it may well free so many: 10,000 statements of 900 bytes. */
enum { GRAIN = 16, CLASSES = 32, KEPT_BYTES = 8 * 1024 * 1024 };

typedef struct spare {
  struct spare *next;
} spare;

/* lint: caches of one thread, of memory only; nothing depends on what is in them */
static _Thread_local struct {
  size_t bytes;
  spare *first[CLASSES];
} kept;

static size_t class_of(size_t size) { return (size + GRAIN - 1) / GRAIN; }

void *am_small_calloc(size_t size)
{
  size_t class = class_of(size);
  if (class >= CLASSES) return am_calloc(size);
  spare *block = kept.first[class];
  if (block == NULL) return am_calloc(class * GRAIN);
  kept.first[class] = block->next;
  __builtin_prefetch(block->next, 1); /* long out of the cache: for the next call */
  kept.bytes -= class * GRAIN;
  memset(block, 0, class * GRAIN);
  return block;
}

void am_small_free(void *block, size_t size)
{
  size_t class = class_of(size);
  if (block == NULL) return;
  if (class >= CLASSES || kept.bytes >= KEPT_BYTES) {
    am_free(block);
    return;
  }
  spare *head = block;
  head->next = kept.first[class];
  kept.first[class] = head;
  kept.bytes += class * GRAIN;
}
#endif
