/* Names that expressions get in a columns clause and in `.c` collections.
 *
 * Some names are only known when a whole statement is compiled: anonymous ones get a number in the
 * order in which they are rendered. Until then such a name is symbolic: a text with parts of the
 * form \2 identity space stem \3 (identity: hexadecimal address of a node, and a number for the
 * n-th repetition of one column). The compiler exchanges each part for "stem_1", "stem_2" ...; same
 * identity and stem, same number.
 *
 * Texts live in the arena of the caller or in the nodes themselves.
 */
#ifndef AM_SQL_LABEL_H
#define AM_SQL_LABEL_H

#include "base/arena.h"
#include "base/map.h"
#include "sql/node.h"

#define AM_LABEL_BEGIN '\2'
#define AM_LABEL_END '\3'

typedef struct am_label {
  const char *text; /* NULL: no name */
  size_t size;
  uint8_t quote;
  uint8_t flags; /* AM_NAME_* */
} am_label;

am_label am_label_of(const am_name *name); /* borrowed text; NULL: no name */
am_label am_label_text(const char *text);
bool am_label_equal(am_label x, am_label y);
/* A name with this text; its key does not depend on addresses. NULL when memory runs out. */
am_name *am_label_name_new(am_label label);

/* The properties of an expression that naming is about. An empty label also stands for lack of
 * memory, which is to be seen in arena->failed at the end. `repetition`: the n-th time that a
 * statement has the same column. */
am_label am_label_own_name(am_arena *arena, am_node *node); /* its `name` */
am_label am_label_non_anon(am_arena *arena, am_node *node); /* the name it renders by itself */
/* "name_1", or the name of what a cast wraps. */
am_label am_label_anon(am_arena *arena, am_node *node);
/* "seed_1": an anonymous name that begins with a given one. */
am_label am_label_anon_of(am_arena *arena, am_node *node, am_label seed, unsigned repetition);
/* The name under which a SELECT has a hybrid attribute whose expression has none. */
am_label am_label_hybrid(am_node *node);
/* Is it a hybrid whose expression has a label of its own, which a subquery's column is known by? */
bool am_label_is_own(const am_node *node);
am_label am_label_proxy_key(am_arena *arena, am_node *node); /* its key in `.c` */
am_label am_label_dedupe(am_arena *arena, am_node *node, unsigned repetition);
am_label am_label_dedupe_tq(am_arena *arena, am_node *node, unsigned repetition);

/* table_name and table_key. memo (may be NULL) spares repeated looks at the columns of one
 * table. */
typedef struct am_label_memo {
  const am_node *table; /* none of its columns is named like a label of it */
} am_label_memo;
am_label am_label_tq(am_arena *arena, am_node *node, am_label_memo *memo);
am_label am_label_tq_key(am_arena *arena, am_node *node, am_label_memo *memo);

/* In made-up names, runs of what neither a placeholder nor a bare name can hold are one "_". In
 * place; the new size. */
size_t am_label_tidy(char *text, size_t size);

/* The name of a FROM element (symbolic for an anonymous alias); empty if it has none. */
am_label am_label_from(am_arena *arena, am_node *from);
bool am_from_is_named(const am_node *from); /* do its columns carry its name? */

/* The final text of a name: each anonymous part becomes "stem_n". `names` (part → arena text) and
 * `counts` (stem → next number) remember what was given. The label itself, if it has no such part;
 * no text when memory runs out. */
am_label am_label_resolve(am_arena *arena, am_label label, am_map *names, am_map *counts);
/* "stem_n" for one part: `part` is the text between the marks. */
const char *am_label_number(am_arena *arena, const char *part, size_t size, am_map *names,
                            am_map *counts);

/* What an ORM_ATTR, or an annotated expression, stands for. */
am_node *am_label_plain(am_node *node);
bool am_node_is_named_column(const am_node *node); /* COLUMN or LABEL */

#endif
