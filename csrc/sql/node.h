/* Nodes: the immutable, reference-counted trees that SQL statements, expressions, types and schema
 * items are made of.
 *
 * All kinds are declared once, in nodes.def; a node is a header followed by one 8-byte slot per
 * field. A node is made (am_node_new), filled slot by slot, and sealed (am_node_seal), which
 * computes its structural key from its children's keys; after that it does not change. Schema items
 * (AM_NODE_MUTABLE) are the exception: their key is their identity.
 *
 * Structural key: equal for equal shape; bound values are not part of it. What must be told apart
 * by identity (two anonymous aliases of one table, one bind used twice) is added by
 * am_node_extract, which walks only below nodes that carry AM_NODE_HAS_BIND or AM_NODE_HAS_ANON.
 *
 * Ownership: am_node_ref / am_node_unref. Members of a family (columns of a table or alias, tables
 * of a metadata: OWNED lists) live and die with the root of the `owner` chain: a reference to a
 * member counts there, and on the way at every owner. That is how columns can point to their table
 * and foreign keys across tables without cycles of counts. A table that was taken out of its
 * metadata goes alone when its own count is down.
 *
 * A node belongs to one Lua state; counts are not atomic.
 */
#ifndef AM_SQL_NODE_H
#define AM_SQL_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "base/vec.h"

enum {
#define AM_ENUM(name, value) AM_##name = (value),
#include "sql/enums.def"
#undef AM_ENUM
};

typedef struct am_node am_node;
typedef struct am_list am_list;
typedef struct am_name am_name;
typedef struct am_foreign am_foreign;
typedef struct am_bound am_bound;

typedef enum am_tag {
#define AM_NODE(tag, name, fields) AM_NODE_##tag,
#include "sql/nodes.def"
#undef AM_NODE
  AM_NODE_COUNT
} am_tag;

typedef enum am_field_kind {
  AM_FIELD_NODE,
  AM_FIELD_LIST,
  AM_FIELD_NAME,
  AM_FIELD_INT,
  AM_FIELD_VALUE,
  AM_FIELD_FOREIGN,
  AM_FIELD_AUX,
  AM_FIELD_WEAK,
  AM_FIELD_OWNED
} am_field_kind;

/* am_node.flags */
enum {
  AM_NODE_SEALED = 1,
  AM_NODE_HAS_BIND = 2,     /* a BIND stands somewhere below */
  AM_NODE_HAS_ANON = 4,     /* something told apart by identity stands below */
  AM_NODE_MUTABLE = 8,      /* schema item: key by identity */
  AM_NODE_HAS_ORM = 16,     /* an ORM entity or attribute stands below: needs lowering */
  AM_NODE_HAS_FOREIGN = 32, /* a Lua value is held here or below, mappers and schema items aside */
  AM_NODE_DYING = 64,
  AM_NODE_INTERNAL = 128, /* references of this family member into its family are not counted */
  /* a column that keys refer to, which had no table when those joined a family */
  AM_NODE_AWAITED = 512,
  AM_NODE_REMOVED = 256,  /* no longer listed by its family: freed when nothing refers to it */
  AM_NODE_TARGETED = 512, /* a table that foreign keys point to without a name */
  AM_NODE_REBUILT = 1024, /* a copy of another node, with other children; see am_node_replace */
  AM_NODE_INHERITED = AM_NODE_HAS_BIND | AM_NODE_HAS_ANON | AM_NODE_HAS_ORM | AM_NODE_HAS_FOREIGN
};

struct am_node {
  uint32_t refs;
  uint16_t tag; /* am_tag */
  uint16_t flags;
  uint32_t depth;  /* height of the tree below; saturates at UINT32_MAX */
  uint32_t filled; /* of a sealed SELECT: the slots from here on are empty; else 0 */
  uint64_t mark;   /* scratch of the walk under way: epoch << 24 | index */
  am_key key;
  am_node *type;  /* SQL type of an expression (a TYPE node, counted), or NULL */
  am_node *owner; /* family root-ward, not counted; NULL at the root */
};

struct am_list {
  uint32_t refs;
  uint32_t count;
  am_node *items[]; /* counted, except in OWNED fields */
};

/* A name or a text: UTF-8, hashed once. quote: 0 as needed, 1 always, 2 never. */
struct am_name {
  uint32_t refs;
  uint32_t size;
  uint8_t quote;
  uint8_t flags; /* AM_NAME_* */
  am_key key;
  char text[]; /* NUL-terminated */
};

/* am_name.flags */
enum {
  AM_NAME_TRUNCATABLE = 1, /* made by the library: shortened to the dialect's limit */
  AM_NAME_SYMBOLIC = 2     /* holds anonymous parts, resolved at compile; see sql/label.h */
};

/* A value of the host language, held by the bind room. */
struct am_foreign {
  uint32_t refs;
  uint64_t identity;                 /* equal for the same host object; part of keys */
  void (*release)(am_foreign *self); /* frees the struct too */
};

typedef enum am_bound_kind {
  AM_BOUND_NONE, /* no value given: required at execution */
  AM_BOUND_NULL, /* u.boolean: given as the NULL pointer (am.null), not as nil */
  AM_BOUND_BOOL,
  AM_BOUND_INT,
  AM_BOUND_REAL,
  AM_BOUND_TEXT,
  AM_BOUND_FOREIGN
} am_bound_kind;

/* A bound value; shared, immutable. */
struct am_bound {
  uint32_t refs;
  uint8_t kind;
  size_t size; /* TEXT */
  union {
    bool boolean;
    int64_t integer;
    double real;
    am_foreign *foreign;
  } u;
  char text[]; /* TEXT: NUL-terminated copy */
};

typedef union am_slot {
  am_node *node;
  am_list *list;
  am_name *name;
  int64_t integer;
  am_bound *value;
  am_foreign *foreign;
} am_slot;

typedef struct am_field {
  const char *name;
  am_field_kind kind;
} am_field;

typedef struct am_node_info {
  const char *name; /* "binary" */
  const am_field *fields;
  size_t field_count;
  bool owns; /* has OWNED fields */
} am_node_info;

#define AM_CTYPE_NODE am_node *
#define AM_CTYPE_LIST am_list *
#define AM_CTYPE_NAME am_name *
#define AM_CTYPE_INT int64_t
#define AM_CTYPE_VALUE am_bound *
#define AM_CTYPE_FOREIGN am_foreign *
#define AM_CTYPE_AUX am_foreign *
#define AM_CTYPE_WEAK am_node *
#define AM_CTYPE_OWNED am_list *
#define F(kind, field) AM_CTYPE_##kind field;
#define AM_NODE(tag, name, ...)     \
  typedef struct am_##name##_node { \
    am_node node;                   \
    __VA_ARGS__                     \
  } am_##name##_node;
#include "sql/nodes.def"
#undef AM_NODE
#undef F

/* Casts that check the tag in debug builds: AM_AS(binary, BINARY, node)->left. */
#define AM_AS(name, wanted, n) ((am_##name##_node *)am_node_check((am_node *)(n), AM_NODE_##wanted))
static inline am_node *am_node_check(am_node *node, am_tag tag)
{
#ifdef AM_DEBUG
  if (node->tag != tag) __builtin_trap();
#else
  (void)tag;
#endif
  return node;
}
static inline am_slot *am_node_slots(const am_node *node)
{
  return (am_slot *)(uintptr_t)(node + 1);
}

extern const am_node_info am_node_infos[];
static inline const am_node_info *am_node_info_of(am_tag tag) { return &am_node_infos[tag]; }
/* How many slots are worth a look: a SELECT has many, few of them filled. */
static inline size_t am_node_slot_limit(const am_node *node)
{
  return node->filled != 0 ? node->filled : am_node_infos[node->tag].field_count;
}
/* Index of the field of that name, -1 if there is none. */
int am_node_field(am_tag tag, const char *name);

/* A node with empty slots and one reference, or NULL. Slots are filled by the caller with
 * references that the node then owns. */
am_node *am_node_new(am_tag tag);
/* Ends construction: computes key and inherited flags. Returns its argument (NULL stays NULL). */
am_node *am_node_seal(am_node *node);
am_node *am_node_ref(am_node *node); /* NULL allowed */
void am_node_unref(am_node *node);   /* NULL allowed */
/* An unsealed copy with one reference; slots are shared. OWNED lists are not copied (the copy makes
 * its own). */
am_node *am_node_copy(const am_node *node);
/* Makes `member` part of `owner`'s family; pending references move to the root. */
void am_node_adopt(am_node *owner, am_node *member);
/* `column` has come into the family of an internal member that refers to it already: from now on
 * that reference counts below the owner of both only. */
void am_node_settle(am_node *member, am_node *column);
/* The member of its family that belongs to no other. */
am_node *am_node_root(am_node *node);
/* Appends to an OWNED list and adopts. References held elsewhere stay valid. */
bool am_node_own(am_node *owner, am_list **list, am_node *member);
/* The same for a node just made by the caller, who gives its reference away. On failure it is
 * freed. */
bool am_node_own_new(am_node *owner, am_list **list, am_node *take_member);

/* `member` was taken out of its owner's lists (one of them still holds it): it is freed when its
 * references are gone, before its family if need be. */
void am_node_removed(am_node *member);

/* Expressions of a schema item may refer to columns of its own table (a check, an index). Such
 * references must not be counted, or the table would keep itself alive. Call this once `member` (a
 * column, constraint or index) has been adopted and its slots are filled: references into the
 * family become uncounted, and expressions that contain some are replaced by copies that belong to
 * the family (table->adopted). */
bool am_node_internalise(am_node *table, am_node *member);
/* Exchanges one slot of a MUTABLE node; the reference in `take_value` is given away (also on
 * failure). Keeps the rule of am_node_internalise for family members. */
bool am_node_set_slot(am_node *node, size_t field, am_slot take_value);

am_list *am_list_new(size_t count); /* items are NULL, to be filled with references */
am_list *am_list_ref(am_list *list);
void am_list_unref(am_list *list);
/* A new list: `list` (may be NULL) followed by `item` (a reference is taken). */
am_list *am_list_append(const am_list *list, am_node *item);
static inline size_t am_list_count(const am_list *list) { return list != NULL ? list->count : 0; }
static inline bool am_list_has(const am_list *list, const am_node *item)
{
  for (size_t i = 0; i < am_list_count(list); i++)
    if (list->items[i] == item) return true;
  return false;
}

am_name *am_name_new(const char *text, size_t size, int quote);
am_name *am_name_ref(am_name *name);
void am_name_unref(am_name *name);
bool am_name_equal(const am_name *x, const am_name *y); /* NULL equals NULL only */
bool am_name_is(const am_name *name, const char *text);

am_foreign *am_foreign_ref(am_foreign *foreign);
void am_foreign_unref(am_foreign *foreign);
am_bound *am_bound_ref(am_bound *bound);
void am_bound_unref(am_bound *bound);
am_bound *am_bound_new(am_bound_kind kind); /* not TEXT */
am_bound *am_bound_text(const char *text, size_t size);

/* Trees higher than this are refused where they are built (recursion is bounded by it). */
#define AM_NODE_MAX_DEPTH 3000

/* A fresh epoch for a walk that marks nodes. */
uint64_t am_node_epoch(void);

/* Calls `visit` for every child (NODE, LIST items, type excluded; WEAK and OWNED excluded). */
typedef bool (*am_visit_fn)(am_node *child, void *context);
bool am_node_children(const am_node *node, am_visit_fn visit, void *context);

/* The full key of a statement and its binds in order of first occurrence. `out_binds` (initialised
 * by the caller) gets borrowed BIND nodes. False when memory runs out. */
bool am_node_extract(am_node *node, am_vec *out_binds, am_key *out_key);

/* A copy of the tree in which every node for which `replace` answers another node is exchanged.
 * Answer NULL to keep a node and go into its children; answer the node itself to keep it whole.
 * Shared subtrees stay shared. Returns a counted node, NULL when memory runs out. */
typedef am_node *(*am_replace_fn)(am_node *node, void *context); /* borrowed result */
am_node *am_node_replace(am_node *node, am_replace_fn replace, void *context);

/* Prints the tree, one line per node, two spaces per level. */
void am_node_dump(const am_node *node, am_strbuf *out);

#endif
