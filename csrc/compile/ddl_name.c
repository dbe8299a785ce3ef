/* Names, options and phrases in DDL; see ddl.h. */
#include <ctype.h>
#include <string.h>

#include "base/md5.h"
#include "compile/ddl.h"

void am_ddl_table(am_compiler *c, const am_table_node *table)
{
  bool written;
  if (table == NULL) {
    am_compile_fail(c, AM_ERR_INVALID_REQUEST,
                    "This constraint is not bound to a table.  Did you mean to call "
                    "table.append_constraint(constraint) ?");
    return;
  }
  am_put_schema(c, table->schema, &written);
  am_put_identifier(c, table->name);
}

void am_ddl_column_name(am_compiler *c, const am_node *column)
{
  am_put_identifier(c, ((const am_column_node *)column)->name);
}

void am_ddl_column_list(am_compiler *c, const am_list *columns)
{
  for (size_t i = 0; i < am_list_count(columns); i++) {
    if (i > 0) am_put(c, ", ");
    am_ddl_column_name(c, columns->items[i]);
  }
}

/* Beyond this a name by convention is shortened. */
static size_t max_name(const am_compiler *c)
{
  for (const am_ddl_rules *rules = am_ddl_rules_of(c->dialect); rules != NULL;
       rules = rules->parent)
    if (rules->max_name != 0) return rules->max_name;
  return am_max_identifier(c);
}

/* A name by convention is shortened: its beginning and four digits of its MD5. */
static void put_shortened(am_compiler *c, const am_name *name, size_t max)
{
  char digits[33], text[1024];
  am_md5_hex(name->text, name->size, digits);
  size_t keep = max > 8 ? max - 8 : 0;
  if (keep + 6 > sizeof text) keep = sizeof text - 6;
  while (keep > 0 && ((unsigned char)name->text[keep] & 0xc0) == 0x80) keep--;
  memcpy(text, name->text, keep);
  text[keep] = '_';
  memcpy(text + keep + 1, digits + 28, 4);
  am_put_identifier_text(c, text, keep + 5, name->quote);
}

bool am_ddl_item_name(am_compiler *c, const am_name *name, int64_t bits)
{
  if (name == NULL) return false;
  size_t shorter = max_name(c), max = am_max_identifier(c);
  if ((bits & AM_ITEM_CONV) && name->size > shorter) put_shortened(c, name, shorter);
  else if (name->size <= max) am_put_identifier(c, name);
  else
    am_compile_fail(c, AM_ERR_IDENTIFIER,
                    "Identifier '%s' exceeds maximum length of %zu characters", name->text, max);
  return true;
}

void am_ddl_index_name(am_compiler *c, const am_index_node *index, bool with_schema)
{
  bool written;
  if (with_schema && index->table != NULL)
    am_put_schema(c, ((const am_table_node *)index->table)->schema, &written);
  am_ddl_item_name(c, index->name, index->flags);
}

void am_ddl_constraint_name(am_compiler *c, const am_constraint_node *constraint)
{
  if (constraint->name == NULL) return;
  am_put(c, "CONSTRAINT ");
  am_ddl_item_name(c, constraint->name, constraint->options);
  am_put(c, " ");
}

static bool same_word(const char *x, const char *y)
{
  while (*x != '\0' && toupper((unsigned char)*x) == toupper((unsigned char)*y)) x++, y++;
  return *x == '\0' && *y == '\0';
}

static bool is_word(const char *text)
{
  if (*text == '\0') return false;
  for (; *text != '\0'; text++)
    if (!isalnum((unsigned char)*text) && *text != '_') return false;
  return true;
}

const am_ddl_words am_ddl_index_methods = {NULL, "^(?:btree|hash|gist|gin|[\\w_]+)$", false};

/* "SET NULL (a, b)": the word, then a list of columns. */
static bool with_columns(const char *word, const char *text)
{
  size_t size = strlen(word), length = strlen(text);
  if (length <= size || text[length - 1] != ')') return false;
  for (size_t i = 0; i < size; i++)
    if (toupper((unsigned char)text[i]) != word[i]) return false;
  while (text[size] == ' ') size++;
  return text[size] == '(' && strncmp(word, "SET ", 4) == 0 && strchr(text, ';') == NULL;
}

static bool is_known(const am_ddl_words *words, const char *text)
{
  if (words->allowed == NULL) return is_word(text);
  for (size_t i = 0; words->allowed[i] != NULL; i++)
    if (same_word(words->allowed[i], text) ||
        (words->columns && with_columns(words->allowed[i], text)))
      return true;
  return false;
}

void am_ddl_phrase(am_compiler *c, const char *before, const am_name *text,
                   const am_ddl_words *words)
{
  if (!is_known(words, text->text)) {
    am_compile_fail(c, AM_ERR_COMPILE, "Unexpected SQL phrase: '%s' (matching against '%s')",
                    text->text, words->pattern);
    return;
  }
  am_put(c, before);
  if (words->allowed != NULL) {
    am_put_author_text(c, text->text, text->size);
    return;
  }
  for (const char *at = text->text; *at != '\0'; at++)
    am_strbuf_putc(c->out, (char)tolower((unsigned char)*at));
}

void am_ddl_expression(am_compiler *c, am_node *expression)
{
  am_ddl_expression_in(c, expression, AM_CTX_NO_TABLE);
}

void am_ddl_expression_in(am_compiler *c, am_node *expression, unsigned flags)
{
  am_ctx ctx = {AM_CTX_LITERAL_BINDS | flags, NULL, NULL, NULL, NULL};
  if (expression->tag == AM_NODE_COLUMN && flags != 0) {
    const am_name *name = ((const am_column_node *)expression)->name;
    if (((const am_column_node *)expression)->literal)
      am_put_author_text(c, name->text, name->size);
    else am_put_identifier(c, name);
    return;
  }
  const am_text_node *text = (const am_text_node *)expression;
  if (expression->tag != AM_NODE_TEXT || am_list_count(text->binds) > 0) {
    am_compile_node(c, expression, ctx);
    return;
  }
  for (size_t i = 0; i < text->text->size; i++) { /* "\:" is a colon */
    if (text->text->text[i] == '\\' && text->text->text[i + 1] == ':') continue;
    am_put_author_text(c, text->text->text + i, 1);
  }
}

void am_ddl_string(am_compiler *c, const am_name *text)
{
  am_put_quoted_text(c, text->text, text->size);
}

const am_option_node *am_ddl_option(const am_list *options, const char *name)
{
  for (size_t i = 0; i < am_list_count(options); i++) {
    if (options->items[i]->tag != AM_NODE_OPTION) continue;
    const am_option_node *option = (const am_option_node *)options->items[i];
    if (am_name_is(option->name, name)) return option;
  }
  return NULL;
}

bool am_ddl_option_true(const am_list *options, const char *name)
{
  const am_option_node *option = am_ddl_option(options, name);
  return option != NULL && option->number != 0;
}

const am_name *am_ddl_option_text(const am_list *options, const char *name)
{
  const am_option_node *option = am_ddl_option(options, name);
  return option != NULL ? option->text : NULL;
}

void am_ddl_if_exists(am_compiler *c, const am_ddl_node *ddl, const char *text)
{
  if (ddl->if_flag) am_put(c, text);
}
