/* Database URLs; see url.h. */
#include "engine/url.h"

#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"

typedef struct slice {
  const char *at;
  const char *end;
} slice;

void am_url_init(am_url *url)
{
  memset(url, 0, sizeof *url);
  url->port = -1;
}

void am_url_deinit(am_url *url)
{
  am_free(url->drivername.bytes);
  am_free(url->username.bytes);
  am_free(url->password.bytes);
  am_free(url->host.bytes);
  am_free(url->database.bytes);
  for (size_t i = 0; i < url->query_count; i++) {
    am_free(url->query[i].key.bytes);
    am_free(url->query[i].value.bytes);
  }
  am_free(url->query);
  am_url_init(url);
}

bool am_url_set(am_url_text *field, const char *bytes, size_t size, am_error *err)
{
  char *copy = NULL;
  if (bytes != NULL && (copy = am_memdup(bytes, size)) == NULL) return am_error_memory(err);
  am_free(field->bytes);
  field->bytes = copy;
  field->size = copy != NULL ? size : 0;
  return true;
}

bool am_url_add_query(am_url *url, const char *key, size_t key_size, const char *value,
                      size_t value_size, am_error *err)
{
  if (url->query_count == url->query_capacity) {
    size_t capacity = url->query_capacity ? url->query_capacity * 2 : 4;
    am_url_pair *grown = am_realloc(url->query, capacity * sizeof *grown);
    if (grown == NULL) return am_error_memory(err);
    url->query = grown;
    url->query_capacity = capacity;
  }
  am_url_pair pair = {{NULL, 0}, {NULL, 0}};
  if (!am_url_set(&pair.key, key, key_size, err) ||
      !am_url_set(&pair.value, value, value_size, err)) {
    am_free(pair.key.bytes);
    return false;
  }
  url->query[url->query_count++] = pair;
  return true;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* A percent sign that is not followed by two digits stands for itself, as everywhere on the web. */
static void decode(am_strbuf *out, slice text, bool plus_is_space)
{
  for (const char *p = text.at; p < text.end; p++) {
    if (*p == '%' && text.end - p >= 3 && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
      am_strbuf_putc(out, (char)(hex_digit(p[1]) * 16 + hex_digit(p[2])));
      p += 2;
    } else if (*p == '+' && plus_is_space) {
      am_strbuf_putc(out, ' ');
    } else {
      am_strbuf_putc(out, *p);
    }
  }
}

static bool set_decoded(am_url_text *field, slice text, am_error *err)
{
  am_strbuf out = AM_STRBUF_INIT;
  decode(&out, text, false);
  bool ok = am_strbuf_failed(&out)
                ? am_error_memory(err)
                : am_url_set(field, out.text != NULL ? out.text : "", out.size, err);
  am_strbuf_deinit(&out);
  return ok;
}

static const char *find(slice text, char c)
{
  if (text.at >= text.end) return NULL;
  return memchr(text.at, c, (size_t)(text.end - text.at));
}

static bool refuse(am_error *err)
{
  return am_error_set(err, AM_ERR_ARGUMENT,
                      "Could not parse alchemoon URL from given URL string; it begins with the "
                      "database: sqlite:///app.db, postgresql://user:password@host/name");
}

static bool parse_port(am_url *url, slice text, am_error *err)
{
  if (text.at == text.end) return true; /* "host:" */
  long port = 0;
  for (const char *p = text.at; p < text.end; p++) {
    if (*p < '0' || *p > '9' || port > 65535)
      return am_error_set(err, AM_ERR_ARGUMENT,
                          "Could not parse alchemoon URL from given URL string: the port is not "
                          "a number from 0 to 65535");
    port = port * 10 + (*p - '0');
  }
  if (port > 65535)
    return am_error_set(err, AM_ERR_ARGUMENT,
                        "Could not parse alchemoon URL from given URL string: the port is not "
                        "a number from 0 to 65535");
  url->port = (int)port;
  return true;
}

/* "[::1]:5432" and "host:5432"; a list of hosts is left to the driver. */
static bool parse_host(am_url *url, slice text, am_error *err)
{
  if (text.at == text.end) return true;
  if (find(text, ',') != NULL) /* h1:5432,h2:5433: libpq's list, taken apart by its driver */
    return am_url_set(&url->host, text.at, (size_t)(text.end - text.at), err);
  slice host = text;
  if (*text.at == '[') {
    host.at++;
    host.end = find(host, ']');
    if (host.end == NULL || host.end == host.at) return refuse(err);
    text.at = host.end + 1;
    if (text.at < text.end && *text.at != ':') return refuse(err);
  } else {
    const char *colon = find(text, ':');
    host.end = colon != NULL ? colon : text.end;
    text.at = host.end;
  }
  if (host.at < host.end && !am_url_set(&url->host, host.at, (size_t)(host.end - host.at), err))
    return false;
  if (text.at == text.end) return true;
  slice port = {text.at + 1, text.end};
  return parse_port(url, port, err);
}

/* Takes "user[:password]@" off the front of `rest`. The user ends at the first colon, its password
 * at the first at sign behind that and may contain slashes; without a password the user ends at the
 * last at sign before the path. */
static bool parse_user(am_url *url, slice *rest, am_error *err)
{
  slice user = {rest->at, rest->at};
  while (user.end < rest->end && *user.end != ':' && *user.end != '/') user.end++;
  if (user.end < rest->end && *user.end == ':') {
    slice password = {user.end + 1, rest->end};
    password.end = find(password, '@');
    if (password.end != NULL) {
      rest->at = password.end + 1;
      return set_decoded(&url->password, password, err) && set_decoded(&url->username, user, err);
    }
  }
  while (user.end > user.at && user.end[-1] != '@') user.end--;
  if (user.end == user.at) return true;
  rest->at = user.end--;
  return set_decoded(&url->username, user, err);
}

/* Blank values do not count; both sides are decoded, where "+" is a space. */
static bool parse_query(am_url *url, slice text, am_error *err)
{
  am_strbuf key = AM_STRBUF_INIT, value = AM_STRBUF_INIT;
  bool ok = true;
  while (ok && text.at < text.end) {
    slice pair = {text.at, find(text, '&')};
    if (pair.end == NULL) pair.end = text.end;
    text.at = pair.end < text.end ? pair.end + 1 : text.end;
    const char *equals = find(pair, '=');
    if (equals == NULL || equals + 1 == pair.end) continue; /* blank values do not count */
    slice left = {pair.at, equals}, right = {equals + 1, pair.end};
    am_strbuf_clear(&key);
    am_strbuf_clear(&value);
    decode(&key, left, true);
    decode(&value, right, true);
    if (am_strbuf_failed(&key) || am_strbuf_failed(&value)) ok = am_error_memory(err);
    else
      ok = am_url_add_query(url, key.text != NULL ? key.text : "", key.size, value.text, value.size,
                            err);
  }
  am_strbuf_deinit(&key);
  am_strbuf_deinit(&value);
  return ok;
}

static bool is_name_char(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '+';
}

/* name://user:password@host:port/database?key=value, of which only the name is needed. */
static bool parse(am_url *url, slice text, am_error *err)
{
  const char *p = text.at;
  while (p < text.end && is_name_char(*p)) p++;
  if (p == text.at || text.end - p < 3 || memcmp(p, "://", 3) != 0) return refuse(err);
  if (!am_url_set(&url->drivername, text.at, (size_t)(p - text.at), err)) return false;
  slice rest = {p + 3, text.end};
  if (!parse_user(url, &rest, err)) return false;
  slice host = {rest.at, rest.at};
  while (host.end < rest.end && *host.end != '/' && *host.end != '?') host.end++;
  if (!parse_host(url, host, err)) return false;
  rest.at = host.end;
  if (rest.at < rest.end && *rest.at == '/') {
    slice database = {rest.at + 1, find(rest, '?')};
    if (database.end == NULL) database.end = rest.end;
    if (!am_url_set(&url->database, database.at, (size_t)(database.end - database.at), err))
      return false;
    rest.at = database.end;
  }
  if (rest.at < rest.end) rest.at++; /* the question mark */
  return parse_query(url, rest, err);
}

bool am_url_parse(am_url *url, const char *text, size_t size, am_error *err)
{
  slice whole = {text, text + size};
  if (memchr(text, '\0', size) != NULL) return refuse(err);
  if (parse(url, whole, err)) return true;
  am_url_deinit(url);
  return false;
}

static bool same_text(const am_url_text *x, const am_url_text *y)
{
  if (x->bytes == NULL || y->bytes == NULL) return x->bytes == y->bytes;
  return x->size == y->size && memcmp(x->bytes, y->bytes, x->size) == 0;
}

/* The pair of that key with `before` others of it in front, or NULL. */
static const am_url_pair *find_pair(const am_url *url, const am_url_text *key, size_t before)
{
  for (size_t i = 0; i < url->query_count; i++)
    if (same_text(&url->query[i].key, key) && before-- == 0) return &url->query[i];
  return NULL;
}

/* The order of keys means nothing, that of the values of one key does. */
static bool same_query(const am_url *x, const am_url *y)
{
  if (x->query_count != y->query_count) return false;
  for (size_t i = 0; i < x->query_count; i++) {
    const am_url_pair *pair = &x->query[i];
    size_t before = 0;
    for (size_t k = 0; k < i; k++) before += same_text(&x->query[k].key, &pair->key);
    const am_url_pair *other = find_pair(y, &pair->key, before);
    if (other == NULL || !same_text(&other->value, &pair->value)) return false;
  }
  return true;
}

bool am_url_equal(const am_url *x, const am_url *y)
{
  return same_text(&x->drivername, &y->drivername) && same_text(&x->username, &y->username) &&
         same_text(&x->password, &y->password) && same_text(&x->host, &y->host) &&
         same_text(&x->database, &y->database) && x->port == y->port && same_query(x, y);
}

static bool is_unreserved(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("-._~", c) != NULL);
}

static void encode(am_strbuf *out, const am_url_text *text, bool form)
{
  for (size_t i = 0; i < text->size; i++) {
    char c = text->bytes[i];
    if (is_unreserved(c) || (!form && (c == ' ' || c == '+'))) am_strbuf_putc(out, c);
    else if (form && c == ' ') am_strbuf_putc(out, '+');
    else am_strbuf_printf(out, "%%%02X", (unsigned char)c);
  }
}

static int compare_keys(const am_url_text *x, const am_url_text *y)
{
  size_t size = x->size < y->size ? x->size : y->size;
  int order = memcmp(x->bytes, y->bytes, size);
  return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* Positions of the query pairs sorted by key; the values of one key keep their order. */
static size_t *sorted_query(const am_url *url)
{
  size_t *order = am_alloc((url->query_count + 1) * sizeof *order);
  if (order == NULL) return NULL;
  for (size_t i = 0; i < url->query_count; i++) {
    size_t at = i;
    while (at > 0 && compare_keys(&url->query[order[at - 1]].key, &url->query[i].key) > 0) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = i;
  }
  return order;
}

/* libpq takes its secrets in the query as well. */
static bool is_secret(const am_url_text *key)
{
  static const char *const names[] = {"password", "sslpassword"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (key->size == strlen(names[i]) && memcmp(key->bytes, names[i], key->size) == 0) return true;
  return false;
}

static bool render_query(am_strbuf *out, const am_url *url, bool hide)
{
  if (url->query_count == 0) return true;
  size_t *order = sorted_query(url);
  if (order == NULL) return false;
  for (size_t i = 0; i < url->query_count; i++) {
    const am_url_pair *pair = &url->query[order[i]];
    am_strbuf_putc(out, i == 0 ? '?' : '&');
    encode(out, &pair->key, true);
    am_strbuf_putc(out, '=');
    if (hide && is_secret(&pair->key)) am_strbuf_puts(out, "***");
    else encode(out, &pair->value, true);
  }
  am_free(order);
  return true;
}

static bool needs_brackets(const am_url_text *host)
{
  if (memchr(host->bytes, ',', host->size) != NULL) return false;
  return host->bytes[0] == '[' || memchr(host->bytes, ':', host->size) != NULL;
}

bool am_url_render(const am_url *url, bool hide, char **out_text, size_t *out_size, am_error *err)
{
  am_strbuf out = AM_STRBUF_INIT;
  am_strbuf_add(&out, url->drivername.bytes, url->drivername.size);
  am_strbuf_puts(&out, "://");
  if (url->username.bytes != NULL) {
    encode(&out, &url->username, false);
    if (url->password.bytes != NULL) {
      am_strbuf_putc(&out, ':');
      if (hide) am_strbuf_puts(&out, "***");
      else encode(&out, &url->password, false);
    }
    am_strbuf_putc(&out, '@');
  }
  if (url->host.bytes != NULL) {
    bool bracket = needs_brackets(&url->host);
    if (bracket) am_strbuf_putc(&out, '[');
    am_strbuf_add(&out, url->host.bytes, url->host.size);
    if (bracket) am_strbuf_putc(&out, ']');
  }
  if (url->port >= 0) am_strbuf_printf(&out, ":%d", url->port);
  if (url->database.bytes != NULL) {
    am_strbuf_putc(&out, '/');
    am_strbuf_add(&out, url->database.bytes, url->database.size);
  }
  bool ok = render_query(&out, url, hide) && !am_strbuf_failed(&out);
  if (ok) *out_text = am_strbuf_take(&out, out_size);
  am_strbuf_deinit(&out);
  return ok ? true : am_error_memory(err);
}
