/* Operators and parentheses; see operator.h. */
#include "sql/operator.h"

#include "sql/type.h"

typedef struct operator_info {
  const char *name;
  const char *text;
  int precedence;
  unsigned flags;
} operator_info;

static const operator_info operators[AM_OP_COUNT] = {
#define AM_OPERATOR(id, name, text, precedence, flags) {name, text, precedence, flags},
#include "sql/operators.def"
#undef AM_OPERATOR
};

const char *am_operator_name(am_operator op) { return operators[op].name; }
const char *am_operator_text(am_operator op) { return operators[op].text; }
int am_operator_precedence(am_operator op) { return operators[op].precedence; }
unsigned am_operator_flags(am_operator op) { return operators[op].flags; }

bool am_is_no_condition(const am_node *node)
{
  return node->tag == AM_NODE_CLAUSE_LIST &&
         am_list_count(((const am_clause_list_node *)node)->items) == 0;
}

/* Operators without a rank (contains, nulls_first ...) bind looser than all others as operands and
 * tighter as what stands around one. */
#define UNRANKED (-100)

static int precedence_of(am_operator op, const am_node *custom)
{
  if (op == AM_OP_CUSTOM && custom != NULL)
    return (int)((const am_custom_op_node *)custom)->precedence;
  return operators[op].precedence;
}

static bool same_operator(am_operator op, const am_node *custom, am_operator against,
                          const am_node *against_custom)
{
  if (op != against) return false;
  if (op != AM_OP_CUSTOM) return true;
  return custom != NULL && against_custom != NULL && am_key_equal(custom->key, against_custom->key);
}

static bool self_precedent(am_operator op, const am_node *custom)
{
  unsigned flags = operators[op].flags;
  if (op == AM_OP_CUSTOM && custom != NULL)
    flags = (unsigned)((const am_custom_op_node *)custom)->flags;
  return (flags & AM_OPF_NATURAL_SELF_PRECEDENT) != 0;
}

bool am_operator_needs_group(am_operator op, const am_node *custom, am_operator against,
                             const am_node *against_custom)
{
  if (against == AM_OP_NONE) return false;
  if (same_operator(op, custom, against, against_custom) && self_precedent(op, custom))
    return false;
  int limit = precedence_of(against, against_custom);
  if (limit == UNRANKED) limit = -UNRANKED; /* groups whatever stands in it */
  return precedence_of(op, custom) <= limit;
}

/* The rule of operator expressions: grouped by precedence, and below NOT unless it is a truth
 * value. */
static bool operation_needs_group(am_operator op, const am_node *custom, am_operator against,
                                  const am_node *against_custom)
{
  if (am_operator_needs_group(op, custom, against, against_custom)) return true;
  unsigned flags = operators[op].flags;
  if (op == AM_OP_CUSTOM && custom != NULL)
    flags = (unsigned)((const am_custom_op_node *)custom)->flags;
  return against == AM_OP_INV && !(flags & (AM_OPF_BOOLEAN | AM_OPF_COMPARISON));
}

typedef enum grouping {
  GROUP_NO,
  GROUP_YES,
  GROUP_INNER, /* the element below it is grouped instead */
  GROUP_PLAIN  /* what every other scalar expression does: see plain_group */
} grouping;

static grouping unary_group(const am_unary_node *unary, am_operator against,
                            const am_node *against_custom)
{
  am_operator op = (am_operator)unary->op;
  if (op == AM_OP_NONE || op == AM_OP_IS_TRUE || op == AM_OP_IS_FALSE) return GROUP_NO;
  return am_operator_needs_group(op, unary->custom, against, against_custom) ? GROUP_YES : GROUP_NO;
}

static grouping list_group(const am_clause_list_node *list, am_operator against,
                           const am_node *against_custom)
{
  am_operator op = (am_operator)list->op;
  if (!list->group || am_list_count(list->items) == 0) return GROUP_NO;
  return operation_needs_group(op, list->custom, against, against_custom) ? GROUP_YES : GROUP_NO;
}

static grouping group_of(const am_node *node, am_operator against, const am_node *against_custom);

/* What stands for an expression is grouped as that; a column, or nothing at all, as a column. */
static grouping group_behind(const am_node *node, am_operator against,
                             const am_node *against_custom)
{
  while (node != NULL && node->tag == AM_NODE_LABEL) node = ((const am_label_node *)node)->element;
  if (node == NULL) return GROUP_PLAIN;
  grouping found = group_of(node, against, against_custom);
  return found == GROUP_INNER ? GROUP_NO : found;
}

static grouping group_of(const am_node *node, am_operator against, const am_node *against_custom)
{
  switch (node->tag) {
    case AM_NODE_BINARY: {
      const am_binary_node *binary = (const am_binary_node *)node;
      return operation_needs_group((am_operator)binary->op, binary->custom, against, against_custom)
                 ? GROUP_YES
                 : GROUP_NO;
    }
    case AM_NODE_UNARY: return unary_group((const am_unary_node *)node, against, against_custom);
    case AM_NODE_CLAUSE_LIST:
      return list_group((const am_clause_list_node *)node, against, against_custom);
    case AM_NODE_EXISTS:
      return am_operator_needs_group(AM_OP_EXISTS, NULL, against, against_custom) ? GROUP_YES
                                                                                  : GROUP_NO;
    case AM_NODE_FUNC_FILTER:
      return am_operator_needs_group(AM_OP_FILTER, NULL, against, against_custom) ? GROUP_YES
                                                                                  : GROUP_NO;
    case AM_NODE_FUNCTION_AS_BINARY:
      return am_operator_needs_group(AM_OP_FUNCTION_AS_COMPARISON, NULL, against, against_custom)
                 ? GROUP_YES
                 : GROUP_NO;
    case AM_NODE_TEXT: return against == AM_OP_IN ? GROUP_YES : GROUP_NO;
    case AM_NODE_ARRAY:
      return against == AM_OP_ANY || against == AM_OP_ALL || against == AM_OP_GETITEM ? GROUP_YES
                                                                                      : GROUP_NO;
    case AM_NODE_FUNCTION: /* f(x)[1] would be read as a name with an index */
      return against == AM_OP_GETITEM && am_affinity_of(node->type) == AM_AFFINITY_ARRAY
                 ? GROUP_YES
                 : GROUP_PLAIN;
    case AM_NODE_LABEL:
    case AM_NODE_TYPE_COERCE: return GROUP_INNER;
    case AM_NODE_COLUMN:
    case AM_NODE_BIND:
    case AM_NODE_NULL:
    case AM_NODE_TRUE:
    case AM_NODE_FALSE:
    case AM_NODE_CAST:
    case AM_NODE_EXTRACT:
    case AM_NODE_CASE:
    case AM_NODE_COLLATION:
    case AM_NODE_OVER:
    case AM_NODE_WITHIN_GROUP:
    case AM_NODE_NEXT_VALUE:
    case AM_NODE_VALUES_OF: return GROUP_PLAIN;
    case AM_NODE_ANNOTATED:
      return group_behind(((const am_annotated_node *)node)->element, against, against_custom);
    case AM_NODE_ORM_ATTR:
      return group_behind(((const am_orm_attr_node *)node)->column, against, against_custom);
    default: return GROUP_NO;
  }
}

static am_node *in_group(am_node *node)
{
  am_grouping_node *group = (am_grouping_node *)am_node_new(AM_NODE_GROUPING);
  if (group == NULL) return NULL;
  group->element = am_node_ref(node);
  group->node.type = am_node_ref(node->type);
  return am_node_seal(&group->node);
}

am_node *am_node_as_boolean(am_node *node, bool truth)
{
  am_unary_node *unary = (am_unary_node *)am_node_new(AM_NODE_UNARY);
  if (unary == NULL) return NULL;
  unary->element = am_node_ref(node);
  unary->op = truth ? AM_OP_IS_TRUE : AM_OP_IS_FALSE;
  unary->negate = truth ? AM_OP_IS_FALSE : AM_OP_IS_TRUE;
  unary->wraps_column = 1;
  unary->node.type = am_node_ref(node->type);
  return am_node_seal(&unary->node);
}

/* A truth value standing where a condition is needed becomes one ("flag = 1" where there are no
 * booleans). */
static am_node *plain_group(am_node *node, am_operator against)
{
  if (against == AM_OP_ANY || against == AM_OP_ALL) return in_group(node);
  bool condition = against == AM_OP_AND || against == AM_OP_OR || against == AM_OP_AS_BOOL;
  if (!condition) return am_node_ref(node);
  bool truth = node->tag == AM_NODE_TRUE || node->tag == AM_NODE_FALSE ||
               am_affinity_of(node->type) == AM_AFFINITY_BOOLEAN;
  return truth ? am_node_as_boolean(node, true) : am_node_ref(node);
}

/* The parentheses go inside: a label around them would name half of an operation. */
static am_node *inner_group(am_node *node, am_operator against, const am_node *against_custom)
{
  size_t field = (size_t)am_node_field((am_tag)node->tag, "element");
  am_node *element = am_node_slots(node)[field].node;
  am_node *grouped = am_node_self_group(element, against, against_custom);
  if (grouped == element || grouped == NULL) {
    am_node_unref(grouped);
    return grouped == NULL ? NULL : am_node_ref(node);
  }
  am_node *copy = am_node_copy(node);
  if (copy == NULL) {
    am_node_unref(grouped);
    return NULL;
  }
  am_node_unref(am_node_slots(copy)[field].node);
  am_node_slots(copy)[field].node = grouped;
  return am_node_seal(copy);
}

am_node *am_node_self_group(am_node *node, am_operator against, const am_node *against_custom)
{
  switch (group_of(node, against, against_custom)) {
    case GROUP_NO: return am_node_ref(node);
    case GROUP_YES: return in_group(node);
    case GROUP_INNER: return inner_group(node, against, against_custom);
    case GROUP_PLAIN: return plain_group(node, against);
  }
  return NULL;
}
