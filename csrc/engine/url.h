/* Database URLs: parsing, rendering.
 *
 *   drivername://[username[:password]@][host][:port][/database][?key=value&...]
 *
 * User, password and query are percent-decoded on the way in and encoded on the way out. A host
 * with a colon stands in brackets (IPv6); a host part with commas is a list of hosts, each with its
 * port, and is kept as it was written. A URL owns its texts and is immutable for whoever shares it.
 * No error message contains a password.
 */
#ifndef AM_ENGINE_URL_H
#define AM_ENGINE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef struct am_url_text {
  char *bytes; /* owned, NUL-terminated; NULL: absent */
  size_t size; /* may contain NUL bytes */
} am_url_text;

typedef struct am_url_pair {
  am_url_text key;
  am_url_text value;
} am_url_pair;

typedef struct am_url {
  am_url_text drivername;
  am_url_text username;
  am_url_text password;
  am_url_text host;
  am_url_text database;
  int port;           /* -1: absent */
  am_url_pair *query; /* in the order given; a key may come several times */
  size_t query_count;
  size_t query_capacity;
} am_url;

void am_url_init(am_url *url);
void am_url_deinit(am_url *url);
/* Fills an initialised, empty URL. On failure the URL is empty again. */
bool am_url_parse(am_url *url, const char *text, size_t size, am_error *err);
/* Copies bytes into one field; NULL bytes clear it. */
bool am_url_set(am_url_text *field, const char *bytes, size_t size, am_error *err);
bool am_url_add_query(am_url *url, const char *key, size_t key_size, const char *value,
                      size_t value_size, am_error *err);
bool am_url_equal(const am_url *x, const am_url *y);
/* The text of the URL; `hide` shows a password as three asterisks. *out_text is the caller's
 * (am_free). */
bool am_url_render(const am_url *url, bool hide, char **out_text, size_t *out_size, am_error *err);

#endif
