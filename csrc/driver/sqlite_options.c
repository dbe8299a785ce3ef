/* The options of a SQLite connection, from the URL's query part and connect_args.
 *
 * database            path, ":memory:" or empty (memory); with uri=true a file: URI
 * timeout             seconds to wait for a lock (5)
 * cached_statements   prepared statements kept per connection (128; 0 = none)
 * execution           direct, thread or auto: where statements run (direct); see sqlite_worker.c
 * uri                 database is a URI, unknown options are its parameters
 * mode cache immutable vfs nolock psow modeof   URI parameters, usable without uri=true
 * pragma.NAME, and the usual pragmas by their bare name: run right after opening
 * check_same_thread detect_types factory isolation_level: accepted; nothing to do for the
 * driver */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "base/real.h"
#include "base/strbuf.h"
#include "driver/sqlite_private.h"

#define LENGTH(list) (sizeof(list) / sizeof *(list))

static const char *const own_names[] = {"database", "timeout", "cached_statements", "uri",
                                        "execution"};
static const char *const uri_names[] = {"mode",   "cache", "immutable", "vfs",
                                        "nolock", "psow",  "modeof"};
static const char *const ignored_names[] = {"check_same_thread", "detect_types", "factory",
                                            "isolation_level"};
/* What is being built while the list is read. */
typedef struct reading {
  am__sqlite_options *options;
  const char *database;
  am_strbuf parameters; /* of the URI, with separators */
  am_strbuf pragmas;
  am_error *err;
} reading;

static bool listed(const char *name, const char *const *names, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

static bool read_bool(const am_option *option, bool *out_value, am_error *err)
{
  static const char *const yes[] = {"true", "yes", "on", "y", "t", "1"};
  static const char *const no[] = {"false", "no", "off", "n", "f", "0"};
  if (listed(option->value, yes, LENGTH(yes))) *out_value = true;
  else if (listed(option->value, no, LENGTH(no))) *out_value = false;
  else
    return am_error_set(err, AM_ERR_ARGUMENT, "option '%s': '%s' is not true or false",
                        option->name, option->value);
  return true;
}

static bool read_number(const am_option *option, double least, double *out_value, am_error *err)
{
  char *end;
  double value = am_real_read(option->value, &end);
  if (end == option->value || *end != '\0' || !(value >= least && value <= 1e9))
    return am_error_set(err, AM_ERR_ARGUMENT, "option '%s': '%s' is not a number from %g",
                        option->name, option->value, least);
  *out_value = value;
  return true;
}

static bool read_execution(const am_option *option, am__sqlite_options *options, am_error *err)
{
  static const char *const words[] = {"direct", "thread", "auto"}; /* as in the enum */
  for (size_t i = 0; i < LENGTH(words); i++) {
    if (strcmp(option->value, words[i]) != 0) continue;
    options->execution = sqlite3_threadsafe() ? (am__sqlite_execution)i : AM__SQLITE_DIRECT;
    return true;
  }
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "option 'execution': '%s' is not direct, thread or auto", option->value);
}

static bool is_word(const char *text)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return *text != '\0' && text[strspn(text, letters)] == '\0';
}

/* PRAGMA name = 'value', quoted so that the value stays a value. */
static bool add_pragma(reading *r, const char *name, const char *value)
{
  if (!is_word(name))
    return am_error_set(r->err, AM_ERR_ARGUMENT, "'%s' is not a pragma's name", name);
  if (!am__sqlite_check_pragma(name, value, r->err)) return false;
  am_strbuf_printf(&r->pragmas, "PRAGMA %s = '", name);
  for (; *value != '\0'; value++) {
    if (*value == '\'') am_strbuf_putc(&r->pragmas, '\'');
    am_strbuf_putc(&r->pragmas, *value);
  }
  am_strbuf_puts(&r->pragmas, "';");
  return true;
}

/* Bytes that would end or change a part of a URI are written as %XX. */
static void add_encoded(am_strbuf *buf, const char *text, const char *special)
{
  for (; *text != '\0'; text++) {
    if (*text == '%' || strchr(special, *text) != NULL)
      am_strbuf_printf(buf, "%%%02X", (unsigned char)*text);
    else am_strbuf_putc(buf, *text);
  }
}

static void add_parameter(reading *r, const am_option *option)
{
  am_strbuf_putc(&r->parameters, '&');
  add_encoded(&r->parameters, option->name, "#&=?");
  am_strbuf_putc(&r->parameters, '=');
  add_encoded(&r->parameters, option->value, "#&");
}

static bool unknown(const am_option *option, am_error *err)
{
  enum { PRAGMAS = 64 };
  const char *all[LENGTH(own_names) + LENGTH(uri_names) + PRAGMAS], *pragma;
  size_t count = 0;
  for (size_t i = 0; i < LENGTH(own_names); i++) all[count++] = own_names[i];
  for (size_t i = 0; i < LENGTH(uri_names); i++) all[count++] = uri_names[i];
  for (size_t i = 0; i < PRAGMAS && (pragma = am__sqlite_pragma_name(i)) != NULL; i++)
    all[count++] = pragma;
  const char *near = am_nearest_name(option->name, all, count);
  return am_error_set(err, AM_ERR_ARGUMENT, "unknown SQLite option '%s'%s%s%s", option->name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Ours first, then PRAGMAs; others are parameters of a URI, if there is one. */
static bool read_option(reading *r, const am_option *option)
{
  const char *name = option->name;
  double number;
  if (strcmp(name, "database") == 0) {
    r->database = option->value;
    return true;
  }
  if (strcmp(name, "uri") == 0) return true; /* read before the others */
  if (strcmp(name, "timeout") == 0) return read_number(option, 0, &r->options->timeout, r->err);
  if (strcmp(name, "cached_statements") == 0) {
    if (!read_number(option, 0, &number, r->err)) return false;
    r->options->kept_statements = (long)number;
    return true;
  }
  if (strcmp(name, "execution") == 0) return read_execution(option, r->options, r->err);
  if (listed(name, ignored_names, LENGTH(ignored_names))) return true;
  if (strncmp(name, "pragma.", 7) == 0) return add_pragma(r, name + 7, option->value);
  if (am__sqlite_is_pragma(name)) return add_pragma(r, name, option->value);
  if (r->options->uri || listed(name, uri_names, LENGTH(uri_names))) {
    add_parameter(r, option);
    return true;
  }
  return unknown(option, r->err);
}

/* The file name for sqlite3_open_v2: the path itself, or a URI when there are parameters. */
static void build_file(reading *r, am_strbuf *file)
{
  const char *database = r->database;
  if (database == NULL || database[0] == '\0') database = ":memory:";
  bool given_uri = r->options->uri && strncmp(database, "file:", 5) == 0;
  if (r->parameters.size == 0) {
    am_strbuf_puts(file, database);
    return;
  }
  r->options->uri = true;
  if (given_uri) {
    am_strbuf_puts(file, database);
  } else {
    am_strbuf_puts(file, "file:");
    /* An empty authority keeps a path with two leading slashes a path. */
    if (database[0] == '/') am_strbuf_puts(file, "//");
    add_encoded(file, database, "?#");
  }
  bool has_query = given_uri && strchr(database, '?') != NULL;
  am_strbuf_putc(file, has_query ? '&' : '?');
  am_strbuf_puts(file, r->parameters.text + 1); /* without its first separator */
}

bool am__sqlite_options_read(am__sqlite_options *options, const am_option *list, size_t count,
                             am_error *err)
{
  options->timeout = 5.0;
  options->kept_statements = 128;
  reading r = {options, NULL, AM_STRBUF_INIT, AM_STRBUF_INIT, err};
  am_strbuf file = AM_STRBUF_INIT;
  bool ok = true;
  for (size_t i = 0; i < count && ok; i++)
    if (strcmp(list[i].name, "uri") == 0) ok = read_bool(&list[i], &options->uri, err);
  for (size_t i = 0; i < count && ok; i++) ok = read_option(&r, &list[i]);
  if (ok) build_file(&r, &file);
  if (ok &&
      (am_strbuf_failed(&file) || am_strbuf_failed(&r.parameters) || am_strbuf_failed(&r.pragmas)))
    ok = am_error_memory(err);
  if (ok) {
    options->file = am_strbuf_take(&file, NULL);
    options->pragmas = r.pragmas.size > 0 ? am_strbuf_take(&r.pragmas, NULL) : NULL;
  }
  am_strbuf_deinit(&file);
  am_strbuf_deinit(&r.parameters);
  am_strbuf_deinit(&r.pragmas);
  return ok;
}

void am__sqlite_options_deinit(am__sqlite_options *options)
{
  am_free(options->file);
  am_free(options->pragmas);
  memset(options, 0, sizeof *options);
}
