/* What stands for a column or a table until orm/ lowers a statement: attributes, entities, marked
 * columns.
 *
 * A statement that was lowered has none of them; a bare expression (tostring(User.id:eq(1))) is
 * rendered with what they stand for.
 */
#include "compile/expr.h"

void am_visit_annotated(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_compile_node(c, ((am_annotated_node *)node)->element, ctx);
}

void am_visit_orm_attr(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_orm_attr_node *attr = (am_orm_attr_node *)node;
  if (attr->column == NULL) {
    am_compile_fail(c, AM_ERR_COMPILE,
                    "attribute '%s' is no column expression; use any(), has() or contains()",
                    attr->name != NULL ? attr->name->text : "?");
    return;
  }
  am_compile_node(c, attr->column, ctx);
}

void am_visit_orm_entity(am_compiler *c, am_node *node, am_ctx ctx)
{
  am_compile_node(c, ((am_orm_entity_node *)node)->from, ctx);
}
