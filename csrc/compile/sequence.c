/* The next value of a sequence inside a statement. */
#include "compile/ddl.h"

static void put_name(am_compiler *c, const am_sequence_node *sequence)
{
  bool written;
  am_put_schema(c, sequence->schema, &written);
  am_put_identifier(c, sequence->name);
}

/* PostgreSQL: nextval('name'), where the name is text within a text. */
static void put_nextval(am_compiler *c, const am_sequence_node *sequence)
{
  am_strbuf name = AM_STRBUF_INIT;
  am_strbuf *former = am_compile_output(c, &name);
  put_name(c, sequence);
  am_compile_output(c, former);
  am_put(c, "nextval(");
  am_strbuf_putc(c->out, '\'');
  for (size_t i = 0; i < name.size; i++) {
    if (name.text[i] == '\'') am_strbuf_putc(c->out, '\'');
    am_strbuf_putc(c->out, name.text[i]);
  }
  am_put(c, "')");
  if (am_strbuf_failed(&name)) am_error_memory(c->err);
  am_strbuf_deinit(&name);
}

void am_visit_next_value(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)ctx;
  const am_sequence_node *sequence =
      (const am_sequence_node *)((am_next_value_node *)node)->sequence;
  if (am_dialect_is(c->dialect, "postgresql")) {
    put_nextval(c, sequence);
  } else if (am_dialect_is(c->dialect, "mariadb") || am_dialect_is(c->dialect, "mysql")) {
    am_put(c, "nextval(");
    put_name(c, sequence);
    am_put(c, ")");
  } else if (am_dialect_caps(c->dialect) & AM_DIALECT_STRING) {
    am_put(c, "<next sequence value: ");
    put_name(c, sequence);
    am_put(c, ">");
  } else {
    am_compile_fail(c, AM_ERR_COMPILE, "Dialect '%s' does not support sequence increments.",
                    c->dialect->name);
  }
}
