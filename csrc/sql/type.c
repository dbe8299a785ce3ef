/* Tables over types.def; see type.h. */
#include "sql/type.h"

typedef struct type_info {
  const char *name;
  const char *visit;
  am_affinity affinity;
} type_info;

static const type_info types[AM_TYPE_COUNT] = {
#define AM_TYPE(id, name, visit, affinity) {name, visit, AM_AFFINITY_##affinity},
#include "sql/types.def"
#undef AM_TYPE
};

const char *am_type_name(am_type_kind kind) { return types[kind].name; }
const char *am_type_visit(am_type_kind kind) { return types[kind].visit; }
am_affinity am_type_affinity(am_type_kind kind) { return types[kind].affinity; }

am_type_kind am_type_kind_of(const am_node *type)
{
  if (type == NULL) return AM_TYPE_NULLTYPE;
  return (am_type_kind)((const am_type_node *)type)->kind;
}

am_affinity am_affinity_of(const am_node *type)
{
  while (am_type_kind_of(type) == AM_TYPE_DECORATOR && ((const am_type_node *)type)->item != NULL)
    type = ((const am_type_node *)type)->item;
  return am_type_affinity(am_type_kind_of(type));
}
