/* The compiler's frame: start, dispatch, errors, the final pass over marks; see compile.h. */
#include "compile/compile.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"

/* Numbers of compiled statements: process-wide, because connections of a shared pool keep prepared
 * statements for several Lua states. */
uint64_t am_compiled_next_id(void)
{
  static _Atomic uint64_t count;
  return atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) + 1;
}

void am_compile_fail(am_compiler *c, am_error_class cls, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  am_error_set_v(c->err, cls, format, args);
  va_end(args);
}

void am_compile_unsupported(am_compiler *c, const char *construct)
{
  am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION, "The \"%s\" dialect does not support %s",
                  c->dialect->name, construct);
}

bool am_compile_knows_postgresql(am_compiler *c, const char *construct)
{
  if (am_dialect_is(c->dialect, "postgresql")) return true;
  if (am_dialect_caps(c->dialect) & AM_DIALECT_STRING) return true;
  am_compile_unsupported(c, construct);
  return false;
}

void am_putf(am_compiler *c, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  am_strbuf_vprintf(c->out, format, args);
  va_end(args);
}

am_strbuf *am_compile_output(am_compiler *c, am_strbuf *out)
{
  am_strbuf *former = c->out;
  c->out = out;
  return former;
}

am_node *am_compile_keep(am_compiler *c, am_node *take_node)
{
  size_t before = c->made.count;
  if (take_node != NULL) am_vec_push(&c->made, take_node);
  if (c->made.count > before) return take_node;
  am_error_memory(c->err);
  am_node_unref(take_node);
  return NULL;
}

/* --- dialect lookups ------------------------------------------------------------- */

am_visit_node am_dialect_visit(const am_dialect *dialect, am_tag tag)
{
  for (; dialect != NULL; dialect = dialect->parent)
    if (dialect->visit[tag] != NULL) return dialect->visit[tag];
  return NULL;
}

am_visit_operator am_dialect_operator(const am_dialect *dialect, am_operator op)
{
  for (; dialect != NULL; dialect = dialect->parent) {
    if (dialect->operators[op] != NULL) return dialect->operators[op];
    if (dialect->operator_text[op] != NULL) return NULL;
  }
  return NULL;
}

const char *am_dialect_operator_text(const am_dialect *dialect, am_operator op)
{
  for (; dialect != NULL; dialect = dialect->parent)
    if (dialect->operator_text[op] != NULL) return dialect->operator_text[op];
  return am_operator_text(op);
}

am_visit_clause am_dialect_clause(const am_dialect *dialect, size_t offset)
{
  for (; dialect != NULL; dialect = dialect->parent) {
    am_visit_clause fn;
    memcpy(&fn, (const char *)dialect + offset, sizeof fn);
    if (fn != NULL) return fn;
  }
  return NULL;
}

bool am_dialect_is(const am_dialect *dialect, const char *name)
{
  for (; dialect != NULL; dialect = dialect->parent)
    if (strcmp(dialect->name, name) == 0) return true;
  return false;
}

unsigned am_dialect_caps(const am_dialect *dialect) { return dialect->caps; }

/* --- walk -------------------------------------------------------------------------- */

/* orm/ has rewritten some SELECTs below the statement; what refers to their columns stays as it
 * is. */
static am_node *stand_in(const am_compiler *c, am_node *node)
{
  const am_list *list = c->options->stand_ins;
  for (size_t i = 0; i + 1 < list->count; i += 2)
    if (list->items[i] == node) return list->items[i + 1];
  return node;
}

void am_compile_node(am_compiler *c, am_node *node, am_ctx ctx)
{
  if (node == NULL || am_compile_failed(c)) return;
  if (c->options->stand_ins != NULL && node->tag == AM_NODE_SELECT) node = stand_in(c, node);
  if (node->tag != AM_NODE_TYPE && am_compile_custom(c, node, ctx)) return; /* types: type.c */
  am_visit_node visit = am_dialect_visit(c->dialect, (am_tag)node->tag);
  if (visit == NULL) {
    am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION, "The \"%s\" dialect cannot render a \"%s\"",
                    c->dialect->name, am_node_info_of((am_tag)node->tag)->name);
    return;
  }
  visit(c, node, ctx);
}

void am_compile_list(am_compiler *c, am_list *list, const char *separator, am_ctx ctx)
{
  bool first = true;
  for (size_t i = 0; i < am_list_count(list); i++) {
    size_t before = c->out->size;
    if (!first) am_put(c, separator);
    size_t start = c->out->size;
    am_compile_node(c, list->items[i], ctx);
    if (c->out->size == start) am_strbuf_truncate(c->out, before); /* rendered nothing */
    else first = false;
  }
}

void am_add_result(am_compiler *c, const char *key, const char *name, am_node *type,
                   am_node *const *objects, size_t object_count)
{
  am_compiled *r = c->result;
  if (strcmp(key, "*") == 0) r->columns_ordered = false;
  if (am_type_kind_of(type) == AM_TYPE_TUPLETYPE)
    am_compile_fail(
        c, AM_ERR_COMPILE,
        "Most backends don't support SELECTing from a tuple_() object.  If this is an ORM "
        "query, consider using the Bundle object.");
  if (r->column_count == c->column_capacity) {
    size_t capacity = c->column_capacity == 0 ? 8 : c->column_capacity * 2;
    am_result_column *columns = am_realloc(r->columns, capacity * sizeof *columns);
    if (columns == NULL) {
      am_error_memory(c->err);
      return;
    }
    r->columns = columns;
    c->column_capacity = capacity;
  }
  am_result_column column = {am_name_new(key, strlen(key), 0), am_name_new(name, strlen(name), 0),
                             am_node_ref(type), am_list_new(object_count)};
  if (column.objects != NULL)
    for (size_t i = 0; i < object_count; i++) column.objects->items[i] = am_node_ref(objects[i]);
  r->columns[r->column_count++] = column;
  if (column.key == NULL || column.name == NULL || column.objects == NULL) am_error_memory(c->err);
}

/* --- the final pass ------------------------------------------------------------------ */

size_t am_mark_read(const char *at)
{
  size_t index = 0;
  for (int i = 0; i < AM_MARK_DIGITS; i++) {
    char ch = at[i];
    index = index * 16 + (size_t)(ch <= '9' ? ch - '0' : ch - 'a' + 10);
  }
  return index;
}

void am_mark_write(char *at, size_t index)
{
  for (int i = AM_MARK_DIGITS - 1; i >= 0; i--, index /= 16) at[i] = "0123456789abcdef"[index % 16];
}

typedef struct final_pass {
  const am_compiled *compiled;
  am_expand_fn expand; /* NULL: write __[POSTCOMPILE_x] */
  void *context;
  am_error *err;
  am_strbuf *out;
  uint32_t *positions; /* filled when not NULL */
  size_t position_count;
} final_pass;

void am_put_bind_name(am_strbuf *out, const char *name, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    switch (name[i]) {
      case '%': am_strbuf_putc(out, 'P'); break;
      case '(': am_strbuf_putc(out, 'A'); break;
      case ')': am_strbuf_putc(out, 'Z'); break;
      case ':': am_strbuf_putc(out, 'C'); break;
      case '.':
      case '[':
      case ']':
      case ' ': am_strbuf_putc(out, '_'); break;
      default: am_strbuf_putc(out, name[i]);
    }
  }
}

static void put_placeholder(final_pass *pass, size_t index)
{
  const am_compiled *compiled = pass->compiled;
  const am_compiled_bind *bind = &compiled->binds[index];
  switch (compiled->paramstyle) {
    case AM_PARAM_QMARK: am_strbuf_putc(pass->out, '?'); break;
    case AM_PARAM_FORMAT: am_strbuf_puts(pass->out, "%s"); break;
    case AM_PARAM_NAMED:
      am_strbuf_putc(pass->out, ':');
      am_put_bind_name(pass->out, bind->name->text, bind->name->size);
      break;
    case AM_PARAM_PYFORMAT:
      am_strbuf_puts(pass->out, "%(");
      am_put_bind_name(pass->out, bind->name->text, bind->name->size);
      am_strbuf_puts(pass->out, ")s");
      break;
    case AM_PARAM_NUMERIC: am_strbuf_printf(pass->out, "$%u", bind->number); break;
  }
}

/* What waits for execution. */
static void put_post_compile(am_strbuf *out, const am_compiled_bind *bind)
{
  am_strbuf_puts(out, "__[POSTCOMPILE_");
  am_put_bind_name(out, bind->name->text, bind->name->size);
  if (bind->before != NULL) am_strbuf_printf(out, "~~%s~~REPL~~%s~~", bind->before, bind->after);
  am_strbuf_putc(out, ']');
}

/* Marks become placeholders now that the values of expanding binds are known. */
static bool run_final_pass(final_pass *pass)
{
  const char *at = pass->compiled->marked, *end = at + pass->compiled->marked_size;
  while (at < end) {
    const char *mark = memchr(at, AM_MARK, (size_t)(end - at));
    if (mark == NULL) mark = end;
    am_strbuf_add(pass->out, at, (size_t)(mark - at));
    if (mark == end) break;
    if (mark[1] == 'x') { /* an author's byte 1 */
      am_strbuf_putc(pass->out, AM_MARK);
      at = mark + 2;
      continue;
    }
    size_t index = am_mark_read(mark + 1);
    at = mark + 1 + AM_MARK_DIGITS;
    const am_compiled_bind *bind = &pass->compiled->binds[index];
    if (pass->positions != NULL) pass->positions[pass->position_count++] = (uint32_t)index;
    if (!(bind->flags & AM_CBIND_POST_COMPILE)) put_placeholder(pass, index);
    else if (pass->expand == NULL) put_post_compile(pass->out, bind);
    else if (!pass->expand(pass->context, index, pass->out, pass->err)) return false;
  }
  return !am_strbuf_failed(pass->out);
}

bool am_compiled_render(const am_compiled *compiled, am_expand_fn expand, void *context,
                        am_strbuf *out, am_error *err)
{
  final_pass pass = {compiled, expand, context, err, out, NULL, 0};
  if (run_final_pass(&pass)) return true;
  return err->cls != AM_ERR_NONE ? false : am_error_memory(err);
}

static size_t count_marks(const am_compiled *compiled)
{
  size_t count = 0;
  for (size_t i = 0; i < compiled->marked_size; i++)
    if (compiled->marked[i] == AM_MARK) count++;
  return count;
}

/* A parameter is sent without a type if all of its places ask for that, and as a text for a test on
 * NULL only if nobody has said what it is. */
static void note_uses(am_compiled *compiled, size_t count)
{
  for (uint32_t i = 0; i < compiled->bind_count; i++)
    compiled->binds[i].flags =
        (compiled->binds[i].flags | AM_CBIND_UNUSED) & ~(unsigned)AM_CBIND_UNTYPED;
  for (size_t i = 0; i < count; i++) {
    am_compiled_bind *bind = &compiled->binds[compiled->positions[i]];
    if (bind->flags & AM_CBIND_UNUSED) bind->number = 0;
    bind->flags &= ~(unsigned)AM_CBIND_UNUSED;
    bind->number++;
  }
  for (uint32_t i = 0; i < compiled->bind_count; i++) {
    am_compiled_bind *bind = &compiled->binds[i];
    if (bind->loose > 0 && bind->number <= bind->loose) bind->flags |= AM_CBIND_UNTYPED;
    if (am_type_kind_of(bind->type) != AM_TYPE_NULLTYPE)
      bind->flags &= ~(unsigned)AM_CBIND_NULL_TEST;
  }
}

/* Numbered placeholders name each bind once, in order of creation; post-compile binds have no
 * number of their own. */
static void number_positions(am_compiled *compiled, size_t count)
{
  size_t kept = 0;
  uint32_t number = 0;
  note_uses(compiled, count);
  for (uint32_t i = 0; i < compiled->bind_count && kept < count; i++) {
    am_compiled_bind *bind = &compiled->binds[i];
    if (bind->flags & AM_CBIND_UNUSED) continue;
    compiled->positions[kept++] = i;
    if (!(bind->flags & AM_CBIND_POST_COMPILE)) bind->number = ++number;
  }
  compiled->position_count = kept;
}

bool am_compiled_finish(am_compiled *compiled, am_error *err)
{
  size_t count = count_marks(compiled);
  compiled->positions = am_alloc(count * sizeof *compiled->positions);
  if (compiled->positions == NULL) return am_error_memory(err);
  for (size_t i = 0; i < compiled->bind_count; i++)
    if (compiled->binds[i].flags & AM_CBIND_POST_COMPILE) compiled->has_post_compile = true;
  am_strbuf sql = AM_STRBUF_INIT;
  final_pass pass = {compiled, NULL, NULL, err, &sql, compiled->positions, 0};
  if (compiled->paramstyle == AM_PARAM_NUMERIC) { /* which binds are used must be known first */
    run_final_pass(&pass);
    number_positions(compiled, pass.position_count);
    am_strbuf_clear(&sql);
    pass.positions = NULL;
    run_final_pass(&pass);
  } else {
    run_final_pass(&pass);
    compiled->position_count = pass.position_count;
  }
  compiled->sql = am_strbuf_take(&sql, &compiled->sql_size);
  return compiled->sql != NULL ? true : am_error_memory(err);
}

/* --- start and end --------------------------------------------------------------------- */

static void init(am_compiler *c, const am_compile_options *options, am_error *err)
{
  memset(c, 0, sizeof *c);
  c->dialect = options->dialect;
  c->options = options;
  c->err = err;
  am_arena_init(&c->scratch, 4096);
  am_map_init_text(&c->bind_names);
  am_map_init_pointer(&c->bind_nodes);
  am_map_init_text(&c->anon_names);
  am_map_init_text(&c->anon_counts);
  am_map_init_text(&c->truncated);
  am_map_init_pointer(&c->extract_index);
  am_vec_init(&c->made);
  am_vec_init(&c->ctes);
}

static void deinit(am_compiler *c)
{
  am_arena_deinit(&c->scratch);
  am_map_deinit(&c->bind_names);
  am_map_deinit(&c->bind_nodes);
  am_map_deinit(&c->anon_names);
  am_map_deinit(&c->anon_counts);
  am_map_deinit(&c->truncated);
  am_map_deinit(&c->extract_index);
  for (size_t i = 0; i < c->made.count; i++) am_node_unref(c->made.items[i]);
  am_vec_deinit(&c->made);
  am_vec_deinit(&c->ctes);
}

/* Which extracted bind each BIND node is, so that a cached text finds the values of another, equal
 * statement. */
static void index_binds(am_compiler *c, am_node *node, const am_list *copies)
{
  am_vec binds = AM_VEC_INIT;
  am_key key;
  if (!am_node_extract(node, &binds, &key)) am_error_memory(c->err);
  for (size_t i = 0; i < binds.count; i++)
    if (!am_map_set_pointer(&c->extract_index, binds.items[i], (intptr_t)i))
      am_error_memory(c->err);
  am_vec_deinit(&binds);
  for (size_t i = 0; i + 1 < am_list_count(copies); i += 2) {
    intptr_t extract;
    if (am_map_get_pointer(&c->extract_index, copies->items[i + 1], &extract) &&
        !am_map_set_pointer(&c->extract_index, copies->items[i], extract))
      am_error_memory(c->err);
  }
}

am_compiled *am_compile(am_node *node, const am_compile_options *options, am_error *err)
{
  am_compiler c;
  init(&c, options, err);
  c.result = am_calloc(sizeof *c.result);
  if (c.result == NULL) {
    am_error_memory(err);
    deinit(&c);
    return NULL;
  }
  c.result->refs = 1;
  c.result->id = am_compiled_next_id();
  am_node *statement = options->extract_from != NULL ? options->extract_from : node;
  c.result->statement = am_node_ref(statement);
  c.result->dialect = options->dialect;
  c.result->paramstyle = options->paramstyle;
  c.result->for_executemany = options->for_executemany;
  index_binds(&c, statement, options->bind_copies);
  am_strbuf text = AM_STRBUF_INIT;
  c.out = &text;
  am_ctx ctx = {AM_CTX_TOPLEVEL | (options->literal_binds ? AM_CTX_LITERAL_BINDS : 0), NULL, NULL,
                NULL, NULL};
  if (options->skip_bind_expression) ctx.flags |= AM_CTX_SKIP_BIND_EXPRESSION;
  am_compile_node(&c, node, ctx);
  if (am_strbuf_failed(&text) || c.scratch.failed) am_error_memory(err);
  if (!am_compile_failed(&c)) {
    c.result->marked = am_strbuf_take(&text, &c.result->marked_size);
    if (c.result->marked == NULL) am_error_memory(err);
    else am_compiled_finish(c.result, err);
  }
  am_strbuf_deinit(&text);
  deinit(&c);
  if (err->cls == AM_ERR_NONE) return c.result;
  am_compiled_unref(c.result);
  return NULL;
}

am_compiled *am_compiled_ref(am_compiled *compiled)
{
  compiled->refs++;
  return compiled;
}

static void free_shared_parts(am_compiled *compiled)
{
  for (size_t i = 0; i < compiled->bind_count; i++) {
    am_name_unref(compiled->binds[i].name);
    am_name_unref(compiled->binds[i].key);
    am_node_unref(compiled->binds[i].bind);
    am_node_unref(compiled->binds[i].type);
    am_node_unref(compiled->binds[i].column);
    am_free(compiled->binds[i].before);
    am_free(compiled->binds[i].after);
  }
  for (size_t i = 0; i < compiled->column_count; i++) {
    am_name_unref(compiled->columns[i].key);
    am_name_unref(compiled->columns[i].name);
    am_node_unref(compiled->columns[i].type);
    am_list_unref(compiled->columns[i].objects);
  }
  am_list_unref(compiled->prefetch);
  am_list_unref(compiled->postfetch);
  am_list_unref(compiled->returned);
  am_list_unref(compiled->unexpected);
  am_node_unref(compiled->insert_single_values);
  am_free(compiled->columns);
  am_free(compiled->lint);
  am_node_unref(compiled->statement);
}

void am_compiled_unref(am_compiled *compiled)
{
  if (compiled == NULL || --compiled->refs > 0) return;
  if (compiled->merged_from == NULL) free_shared_parts(compiled);
  am_free(compiled->binds);
  am_free(compiled->positions);
  am_free(compiled->marked);
  am_free(compiled->sql);
  am_compiled_unref(compiled->merged_from);
  am_free(compiled);
}
