/* Visitors of scalar expressions, and what the dialects' own operators are made of. */
#ifndef AM_COMPILE_EXPR_H
#define AM_COMPILE_EXPR_H

#include "compile/compile.h"
#include "sql/operator.h"

/* expr.c */
void am_visit_bind(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_null(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_true(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_false(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_grouping(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_clause_list(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_binary(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_unary(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_tuple(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_collation(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_slice(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_array(am_compiler *c, am_node *node, am_ctx ctx);
/* Is it a truth value by its very form (a comparison), and not just by its type? */
bool am_is_condition(const am_node *node);

/* "left text right", as if it stood alone: what groups itself inside of operators does not here. */
void am_put_sides(am_compiler *c, am_binary_node *binary, const char *text, am_ctx ctx);
/* "left text right"; eager: in parentheses when it stands inside another operator. */
void am_put_binary(am_compiler *c, am_binary_node *binary, const char *text, bool eager,
                   am_ctx ctx);
/* The text of an operator's modifier (ESCAPE, flags), NULL if it has none. */
const am_name *am_modifier_text(const am_binary_node *binary, size_t field);
#define AM_MODIFIER(binary, which) am_modifier_text(binary, offsetof(am_op_modifiers_node, which))
int64_t am_modifier_options(const am_binary_node *binary);
bool am_is_symmetric(const am_binary_node *binary);
/* The operand as it stands beside another operator than the one it was grouped for. */
void am_put_operand(am_compiler *c, am_node *operand, am_operator against, am_ctx ctx);
void am_put_escape(am_compiler *c, const am_binary_node *binary);
/* name(left, right) */
void am_put_call(am_compiler *c, const char *name, am_binary_node *binary, am_ctx ctx);

/* left[right] */
void am_put_subscript(am_compiler *c, am_binary_node *binary, am_ctx ctx);

/* oper.c: operators whose form is not "left text right" */
void am_visit_like(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_ilike(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_substring(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_not_in(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_between(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_not_match(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_truediv(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_floordiv(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_mod(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_custom_op(am_compiler *c, am_binary_node *binary, am_ctx ctx);
/* REGEXP_REPLACE(text, pattern, replacement [, flags]), as PostgreSQL and MySQL have it. */
void am_visit_regexp_replace(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_no_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_visit_no_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx);
/* The pattern of contains, startswith ... with its percent signs; lower: fold its case. */
void am_put_pattern(am_compiler *c, am_binary_node *binary, bool lower, am_ctx ctx);
/* which substring operator: bits of AM_SUB_* */
enum { AM_SUB_BEFORE = 1, AM_SUB_AFTER = 2, AM_SUB_NOT = 4, AM_SUB_FOLD = 8 };
unsigned am_substring_form(am_operator op);

/* cast.c */
void am_visit_cast(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_type_coerce(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_case(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_extract(am_compiler *c, am_node *node, am_ctx ctx);
/* CAST(element AS type) written around an operand */
void am_put_cast(am_compiler *c, am_node *element, am_node *type, am_ctx ctx);

/* func.c */
void am_visit_function(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_function_as_binary(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_over(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_within_group(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_func_filter(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_custom(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_aggregate_order_by(am_compiler *c, am_node *node, am_ctx ctx);
void am_put_arguments(am_compiler *c, am_function_node *function, am_ctx ctx); /* "(a, b)" */

/* type.c */
void am_visit_type(am_compiler *c, am_node *node, am_ctx ctx);
void am_type_text_default(am_compiler *c, am_node *type, am_ctx ctx);
void am_put_type_length(am_compiler *c, const char *name, int64_t length);

/* orm.c */
void am_visit_annotated(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_orm_attr(am_compiler *c, am_node *node, am_ctx ctx);
void am_visit_orm_entity(am_compiler *c, am_node *node, am_ctx ctx);

#endif
