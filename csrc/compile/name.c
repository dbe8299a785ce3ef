/* Identifiers: quoting, anonymous names, truncation. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compile/compile.h"
#include "compile/select.h"

static bool is_reserved(const am_dialect *dialect, const char *text, size_t size)
{
  char lower[64];
  if (size >= sizeof lower) return false;
  for (size_t i = 0; i < size; i++)
    lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
  lower[size] = '\0';
  for (; dialect != NULL; dialect = dialect->parent)
    if (dialect->reserved != NULL) return dialect->reserved(lower);
  return false;
}

/* Legal without quotes: letters, digits, _ and $, not beginning with a digit or $, all lower case,
 * and not reserved. */
bool am_identifier_needs_quotes(const am_dialect *dialect, const char *text, size_t size)
{
  if (size == 0) return true;
  if ((text[0] >= '0' && text[0] <= '9') || text[0] == '$') return true;
  for (size_t i = 0; i < size; i++) {
    char ch = text[i];
    bool legal = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_' || ch == '$';
    if (!legal) return true;
  }
  return is_reserved(dialect, text, size);
}

static char quote_char(const am_dialect *dialect, bool open)
{
  for (; dialect != NULL; dialect = dialect->parent)
    if (dialect->quote_open != 0) return open ? dialect->quote_open : dialect->quote_close;
  return '"';
}

void am_put_identifier_text(am_compiler *c, const char *text, size_t size, int quote)
{
  bool quoted = quote == 1 || (quote == 0 && am_identifier_needs_quotes(c->dialect, text, size));
  if (!quoted) {
    am_put_sql_text(c, text, size);
    return;
  }
  char open = quote_char(c->dialect, true), close = quote_char(c->dialect, false);
  am_strbuf_putc(c->out, open);
  for (size_t i = 0; i < size; i++) {
    if (text[i] == close) am_strbuf_putc(c->out, close);
    am_put_sql_text(c, text + i, 1);
  }
  am_strbuf_putc(c->out, close);
}

void am_put_identifier(am_compiler *c, const am_name *name)
{
  if (name == NULL) return;
  if (name->flags != 0) am_put_label(c, "colident", am_label_of(name));
  else am_put_identifier_text(c, name->text, name->size, name->quote);
}

/* A text that lives as long as the compilation; NULL, with the error set, without memory. */
__attribute__((format(printf, 2, 3))) static char *arena_printf(am_compiler *c, const char *format,
                                                                ...)
{
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int size = vsnprintf(NULL, 0, format, args);
  char *out = size < 0 ? NULL : am_arena_alloc(&c->scratch, (size_t)size + 1);
  if (out != NULL) vsnprintf(out, (size_t)size + 1, format, again);
  else am_error_memory(c->err);
  va_end(again);
  va_end(args);
  return out;
}

const char *am_anon_name(am_compiler *c, const void *identity, const char *stem, size_t size)
{
  char part[512];
  int head = snprintf(part, sizeof part, "%llx ", (unsigned long long)(uintptr_t)identity);
  if (size > sizeof part - (size_t)head) size = sizeof part - (size_t)head;
  memcpy(part + head, stem, size);
  const char *name =
      am_label_number(&c->scratch, part, (size_t)head + size, &c->anon_names, &c->anon_counts);
  if (name != NULL) return name;
  am_error_memory(c->err);
  return "";
}

am_label am_resolve(am_compiler *c, const char *kind, am_label label)
{
  bool truncatable = (label.flags & AM_NAME_TRUNCATABLE) != 0;
  if (label.flags & AM_NAME_SYMBOLIC) {
    label = am_label_resolve(&c->scratch, label, &c->anon_names, &c->anon_counts);
    if (label.text == NULL) {
      am_error_memory(c->err);
      return am_label_text("");
    }
  }
  if (!truncatable || label.text == NULL) return label;
  const char *text = am_truncated(c, kind, label.text);
  if (text == label.text) return label;
  label.text = text;
  label.size = strlen(text);
  return label;
}

void am_put_label(am_compiler *c, const char *kind, am_label label)
{
  label = am_resolve(c, kind, label);
  if (label.text != NULL) am_put_identifier_text(c, label.text, label.size, label.quote);
}

size_t am_dialect_max_identifier(const am_dialect *dialect)
{
  for (; dialect != NULL; dialect = dialect->parent)
    if (dialect->max_identifier != 0) return dialect->max_identifier;
  return 9999;
}

size_t am_max_identifier(const am_compiler *c)
{
  if (c->options->max_identifier != 0) return c->options->max_identifier;
  return am_dialect_max_identifier(c->dialect);
}

/* Room that a shortened name has for "_" and its number. */
enum { NUMBER_SIZE = 6 };

const char *am_truncated(am_compiler *c, const char *kind, const char *text)
{
  size_t size = strlen(text), max = c->options->label_length;
  if (max == 0) max = am_max_identifier(c);
  size_t keep = max > NUMBER_SIZE ? max - NUMBER_SIZE : 0;
  if (size <= keep) return text;
  const char *key = arena_printf(c, "%s %s", kind, text);
  if (key == NULL) return "";
  size_t key_size = strlen(key);
  intptr_t known;
  if (am_map_get_text(&c->truncated, key, key_size, &known)) return (const char *)known;
  intptr_t counter = 1; /* one counter per kind */
  am_map_get_text(&c->truncated, kind, strlen(kind), &counter);
  while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80) keep--; /* never split UTF-8 */
  char *name = arena_printf(c, "%.*s_%zx", (int)keep, text, (size_t)counter);
  if (name == NULL) return "";
  if (!am_map_set_text(&c->truncated, kind, strlen(kind), counter + 1) ||
      !am_map_set_text(&c->truncated, key, key_size, (intptr_t)name))
    am_error_memory(c->err);
  return name;
}

void am_put_schema(am_compiler *c, const am_name *schema, bool *out_written)
{
  *out_written = false;
  if (c->options->render_schema_translate) {
    for (size_t i = 0; i < am_list_count(c->options->schema_translate); i++) {
      am_option_node *option = (am_option_node *)c->options->schema_translate->items[i];
      bool match = schema == NULL ? option->name->size == 0 : am_name_equal(option->name, schema);
      if (!match) continue;
      if (option->text == NULL) return;
      am_put_identifier(c, option->text);
      am_put(c, ".");
      *out_written = true;
      return;
    }
  } else if (c->options->schema_translate != NULL) {
    am_putf(c, "__[SCHEMA_%s].", schema != NULL ? schema->text : "_none");
    *out_written = true;
    return;
  }
  if (schema == NULL) return;
  am_put_identifier(c, schema);
  am_put(c, ".");
  *out_written = true;
}
