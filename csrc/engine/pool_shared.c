/* Pools shared by name among all Lua states of the process: the only mutable static data of the
 * core. An entry lives as long as somebody holds a reference to its pool. */
#include <string.h>

#include "base/alloc.h"
#include "engine/pool_private.h"

static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static am_pool *registry; /* lint: guarded by registry_mutex */

static bool same_options(const am_pool_options *x, const am_pool_options *y)
{
  return x->kind == y->kind && x->use_lifo == y->use_lifo && x->size == y->size &&
         x->max_overflow == y->max_overflow && x->recycle_seconds == y->recycle_seconds;
}

static am_pool *find(const char *name)
{
  am_pool *pool = registry;
  while (pool != NULL && strcmp(pool->name, name) != 0) pool = pool->next_shared;
  return pool;
}

/* Copies, as the state that gave the names may close before the others. */
static am_pool *add(const char *name, const char *key, const am_pool_options *options,
                    am_error *err)
{
  am_pool *pool = am_pool_new(options, err);
  if (pool == NULL) return NULL;
  char *name_copy = am_strdup(name), *key_copy = am_strdup(key);
  if (name_copy == NULL || key_copy == NULL) {
    am_free(name_copy);
    am_free(key_copy);
    am_pool_unref(pool);
    am_error_memory(err);
    return NULL;
  }
  pool->name = name_copy;
  pool->key = key_copy;
  pool->next_shared = registry;
  registry = pool;
  return pool;
}

am_pool *am_pool_shared(const char *name, const char *key, const am_pool_options *options,
                        am_error *err)
{
  pthread_mutex_lock(&registry_mutex);
  am_pool *pool = find(name);
  if (pool == NULL) {
    pool = add(name, key, options, err);
  } else {
    am_pool_options wanted = *options;
    if (wanted.size == 0) wanted.max_overflow = -1;
    if (strcmp(pool->key, key) != 0 || !same_options(&pool->options, &wanted)) {
      am_error_set(err, AM_ERR_ARGUMENT,
                   "the shared engine '%s' exists with another URL or other pool options", name);
      pool = NULL;
    } else {
      atomic_fetch_add(&pool->refs, 1);
    }
  }
  pthread_mutex_unlock(&registry_mutex);
  return pool;
}

static void unlist(am_pool *pool)
{
  am_pool **link = &registry;
  while (*link != NULL && *link != pool) link = &(*link)->next_shared;
  if (*link != NULL) *link = pool->next_shared;
}

void am_pool_unref(am_pool *pool)
{
  if (pool == NULL) return;
  if (pool->name == NULL) {
    if (atomic_fetch_sub(&pool->refs, 1) == 1) am__pool_destroy(pool);
    return;
  }
  pthread_mutex_lock(&registry_mutex);
  bool last = atomic_fetch_sub(&pool->refs, 1) == 1;
  if (last) unlist(pool);
  pthread_mutex_unlock(&registry_mutex);
  if (last) am__pool_destroy(pool);
}
