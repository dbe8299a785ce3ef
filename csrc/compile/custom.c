/* Constructs whose text comes from functions of the host language (am.compiles): user classes, and
 * user texts for the library's own classes.
 *
 * Such a function may ask for the library's text of the node that it was called for, or of a
 * changed copy: that node is `plain` while it is dispatched, and the question is not put again. */
#include "compile/expr.h"

bool am_compile_custom(am_compiler *c, am_node *node, am_ctx ctx)
{
  const unsigned char *overridden = c->options->overridden;
  if (overridden == NULL || !overridden[node->tag] || am_compile_failed(c)) return false;
  if (c->plain == node) {
    c->plain = NULL;
    return false;
  }
  bool written = c->options->hooks->construct(c->options->hook_context, c, node, ctx, c->err);
  /* what a statement of the user's own returns is not what a SELECT inside it selects: columns are
   * found by name */
  if (written && node->tag == AM_NODE_CUSTOM_CLAUSE) c->result->columns_ordered = false;
  return written || am_compile_failed(c);
}

void am_compile_plain(am_compiler *c, am_node *node, am_ctx ctx)
{
  c->plain = node;
  am_compile_node(c, node, ctx);
  c->plain = NULL;
}

/* A user class without a text for this dialect; the hook has said so already. */
void am_visit_custom(am_compiler *c, am_node *node, am_ctx ctx)
{
  (void)ctx;
  am_compile_fail(c, AM_ERR_UNSUPPORTED_COMPILATION, "The \"%s\" dialect cannot render a \"%s\"",
                  c->dialect->name, am_node_info_of((am_tag)node->tag)->name);
}
