/* Operators and parentheses; see operator.h. */
#include "sql/operator.h"

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
  return precedence_of(op, custom) <= precedence_of(against, against_custom);
}

/* Nodes that always or never group, and those that look at their operator. */
static bool needs_group(const am_node *node, am_operator against, const am_node *against_custom)
{
  switch (node->tag) {
    case AM_NODE_BINARY: {
      const am_binary_node *binary = (const am_binary_node *)node;
      return am_operator_needs_group((am_operator)binary->op, binary->custom, against,
                                     against_custom);
    }
    case AM_NODE_UNARY: {
      const am_unary_node *unary = (const am_unary_node *)node;
      am_operator op = (am_operator)(unary->op != AM_OP_NONE ? unary->op : unary->modifier);
      return op != AM_OP_NONE && am_operator_needs_group(op, unary->custom, against, against_custom);
    }
    case AM_NODE_CLAUSE_LIST: {
      const am_clause_list_node *list = (const am_clause_list_node *)node;
      if (!list->group || am_list_count(list->items) == 0) return false;
      return am_operator_needs_group((am_operator)list->op, list->custom, against, against_custom);
    }
    case AM_NODE_LABEL: return false;
    default: return false;
  }
}

am_node *am_node_self_group(am_node *node, am_operator against, const am_node *against_custom)
{
  if (!needs_group(node, against, against_custom)) return am_node_ref(node);
  am_grouping_node *group = (am_grouping_node *)am_node_new(AM_NODE_GROUPING);
  if (group == NULL) return NULL;
  group->element = am_node_ref(node);
  group->node.type = am_node_ref(node->type);
  return am_node_seal(&group->node);
}
