/* The usual pragmas and what they take. SQLite ignores a value that it does not understand, so that
 * a misspelt "journal_mode=wall" would go unnoticed: it is refused here. */
#include <ctype.h>
#include <string.h>

#include "driver/sqlite_private.h"

#define WHOLE "" /* a whole number, with or without sign */
#define TRUTH "on, off, true, false, yes, no, 1, 0"

/* Words and numbers that a pragma takes, separated by ", ". */
static const struct {
  const char *name, *values;
} pragmas[] = {
    {"application_id", WHOLE},
    {"auto_vacuum", "none, full, incremental, 0, 1, 2"},
    {"automatic_index", TRUTH},
    {"busy_timeout", WHOLE},
    {"cache_size", WHOLE},
    {"cache_spill", NULL},
    {"case_sensitive_like", TRUTH},
    {"cell_size_check", TRUTH},
    {"defer_foreign_keys", TRUTH},
    {"encoding", "UTF-8, UTF-16, UTF-16le, UTF-16be"},
    {"foreign_keys", TRUTH},
    {"fullfsync", TRUTH},
    {"ignore_check_constraints", TRUTH},
    {"journal_mode", "delete, truncate, persist, memory, wal, off"},
    {"journal_size_limit", WHOLE},
    {"legacy_alter_table", TRUTH},
    {"locking_mode", "normal, exclusive"},
    {"max_page_count", WHOLE},
    {"mmap_size", WHOLE},
    {"page_size", WHOLE},
    {"query_only", TRUTH},
    {"read_uncommitted", TRUTH},
    {"recursive_triggers", TRUTH},
    {"reverse_unordered_selects", TRUTH},
    {"secure_delete", TRUTH ", fast"},
    {"synchronous", "off, normal, full, extra, 0, 1, 2, 3"},
    {"temp_store", "default, file, memory, 0, 1, 2"},
    {"threads", WHOLE},
    {"trusted_schema", TRUTH},
    {"user_version", WHOLE},
    {"wal_autocheckpoint", WHOLE},
};

const char *am__sqlite_pragma_name(size_t index)
{
  return index < sizeof pragmas / sizeof *pragmas ? pragmas[index].name : NULL;
}

bool am__sqlite_is_pragma(const char *name)
{
  const char *known;
  for (size_t i = 0; (known = am__sqlite_pragma_name(i)) != NULL; i++)
    if (strcmp(name, known) == 0) return true;
  return false;
}

static bool is_whole(const char *text)
{
  if (*text == '-' || *text == '+') text++;
  return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_same(const char *x, const char *y, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (tolower((unsigned char)x[i]) != tolower((unsigned char)y[i])) return false;
  return true;
}

static bool is_among(const char *value, const char *values)
{
  size_t size = strlen(value);
  for (const char *at = values; at != NULL; at = strstr(at, ", ")) {
    if (*at == ',') at += 2;
    size_t length = strcspn(at, ",");
    if (length == size && is_same(at, value, size)) return true;
  }
  return false;
}

bool am__sqlite_check_pragma(const char *name, const char *value, am_error *err)
{
  const char *values = NULL;
  for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++)
    if (is_among(name, pragmas[i].name)) values = pragmas[i].values;
  if (values == NULL) return true;
  if (*values == '\0')
    return is_whole(value) ||
           am_error_set(err, AM_ERR_ARGUMENT,
                        "pragma %s: '%s' is no value for it; give a whole number", name, value);
  return is_among(value, values) ||
         am_error_set(err, AM_ERR_ARGUMENT, "pragma %s: '%s' is no value for it; give one of %s",
                      name, value, values);
}
