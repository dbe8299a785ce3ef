/* FROM elements: their columns, what they are derived from, which of their columns stands for a
 * given one.
 *
 * The columns of an alias, subquery, CTE, VALUES ... are made when first asked for; they are family
 * of the FROM element (they live as long as it) and refer by `proxies` to what they stand for.
 */
#ifndef AM_SQL_FROM_H
#define AM_SQL_FROM_H

#include "base/arena.h"
#include "sql/label.h"
#include "sql/node.h"

bool am_is_from(const am_node *node);      /* TABLE, ALIAS, JOIN, VALUES, ... */
bool am_is_select(const am_node *node);    /* SELECT, COMPOUND, TEXTUAL_SELECT, SELECT_GROUPING */
bool am_returns_rows(const am_node *node); /* the above, and INSERT, UPDATE, DELETE */

/* The columns, in order; borrowed. NULL on failure (with *err set), an empty list if there are
 * none. */
const am_list *am_from_columns(am_node *from, am_error *err);
/* The key of the n-th column in the `.c` of `from`. Text in `arena` or in nodes. */
am_label am_from_key(am_arena *arena, am_node *from, const am_list *columns, size_t index);
/* The column of that key, borrowed, or NULL. */
am_node *am_from_column(am_node *from, const char *key, size_t size, am_error *err);

/* FROM elements that a node brings into the SELECT it stands in. Appends (with repetitions). */
void am_from_objects(am_node *node, am_vec *out);
/* What stands inside a join and is not listed beside it. */
void am_from_hidden(am_node *from, am_vec *out);
/* Is `from` made from `other` (an alias of it, a join with it, itself)? */
bool am_from_derived(am_node *from, const am_node *other);

/* What a SELECT or the like selects: FROM elements in the columns clause stand for their columns.
 * Appends. */
bool am_selected_columns(am_node *statement, am_vec *out, am_error *err);
/* A column that stands for a table only where it is named (a sentinel). */
bool am_column_is_omitted(const am_node *column);
bool am_expand_columns(const am_list *raw, am_vec *out, am_error *err);

/* The names of a columns clause. */
typedef struct am_named {
  am_label required; /* label that must be rendered, or none */
  am_label key;      /* key in the `.c` of a subquery; none for text */
  am_label fallback; /* label in case one is rendered */
  am_node *node;
  bool repeated; /* the same column was there before */
} am_named;

/* One entry per column; NULL when memory runs out. deduplicate: repeated columns get labels of
 * their own. */
am_named *am_select_names(am_arena *arena, const am_vec *columns, int64_t label_style,
                          bool deduplicate);
int64_t am_label_style_of(const am_node *statement);

/* The column of `from` that stands for `column`; borrowed, NULL if there is none (or on failure,
 * with *err set). */
am_node *am_corresponding_column(am_node *from, am_node *column, bool require_embedded,
                                 am_error *err);
/* Do two columns stand for one and the same column? */
bool am_shares_lineage(am_node *x, am_node *y);
/* Appends the column and all that it stands for. */
void am_proxy_set(am_node *column, am_vec *out);

#endif
