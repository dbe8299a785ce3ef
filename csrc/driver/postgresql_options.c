/* The options of a PostgreSQL connection: libpq's keywords as they are, and two of our own.
 *
 * prepared_statement_cache_size   prepared statements kept per connection (100); 0 = none are
 * made, for
 *                                 connection poolers that give each transaction another server
 * database, username              other names of dbname, user
 *
 * client_encoding is always UTF8: text cells are UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "driver/postgresql_private.h"

static const char own_option[] = "prepared_statement_cache_size";

static const char *keyword_of(const char *name)
{
  if (strcmp(name, "database") == 0) return "dbname";
  if (strcmp(name, "username") == 0) return "user";
  return name;
}

static bool known(const PQconninfoOption *all, const char *keyword)
{
  for (; all->keyword != NULL; all++)
    if (strcmp(all->keyword, keyword) == 0) return true;
  return false;
}

static bool unknown(const PQconninfoOption *all, const char *name, am_error *err)
{
  const char *names[128];
  size_t count = 0;
  names[count++] = own_option;
  for (; all->keyword != NULL && count < sizeof names / sizeof *names; all++)
    names[count++] = all->keyword;
  const char *near = am_nearest_name(name, names, count);
  return am_error_set(err, AM_ERR_ARGUMENT, "unknown PostgreSQL option '%s'%s%s%s", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool read_count(const am_option *option, long *out_count, am_error *err)
{
  char *end;
  long count = strtol(option->value, &end, 10);
  if (end == option->value || *end != '\0' || count < 0 || count > 1000000)
    return am_error_set(err, AM_ERR_ARGUMENT, "option '%s': '%s' is not a count", option->name,
                        option->value);
  *out_count = count;
  return true;
}

bool am__pg_options_read(am__pg_options *out_options, const am_option *list, size_t count,
                         am_error *err)
{
  am__pg_options options = {NULL, NULL, 100};
  PQconninfoOption *all = PQconndefaults();
  options.keywords = am_calloc(2 * (count + 2) * sizeof *options.keywords);
  if (all == NULL || options.keywords == NULL) {
    am_error_memory(err);
    goto failed;
  }
  options.values = options.keywords + count + 2;
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    const char *keyword = keyword_of(list[i].name);
    if (strcmp(keyword, own_option) == 0) {
      if (!read_count(&list[i], &options.kept_statements, err)) goto failed;
      continue;
    }
    if (!known(all, keyword)) {
      unknown(all, list[i].name, err);
      goto failed;
    }
    if (strcmp(keyword, "client_encoding") == 0) continue;
    if (strcmp(keyword, "connect_timeout") == 0) continue; /* whoever steps keeps the time */
    options.keywords[used] = keyword;
    options.values[used++] = list[i].value;
  }
  options.keywords[used] = "client_encoding";
  options.values[used++] = "UTF8";
  PQconninfoFree(all);
  *out_options = options;
  return true;
failed:
  PQconninfoFree(all);
  am_free(options.keywords);
  return false;
}
