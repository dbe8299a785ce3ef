/* The names of a columns clause, and the keys of the `.c` that a subquery of it has.
 *
 * A column keeps its name unless another one has it; what has no name gets an anonymous label; the
 * same column twice gets a "dedupe" label with two underscores. With LABEL_STYLE_TABLENAME_PLUS_COL
 * every name is table_column.
 */
#include "sql/from.h"

typedef struct namer {
  am_arena *arena;
  int64_t style;
  bool deduplicate;
  am_map names;                 /* label → the node that has it */
  unsigned repetitions;         /* numbers of dedupe labels, from 1 */
  am_map keys;                  /* keys given */
  am_map key_names, key_counts; /* numbers of anonymous keys */
  bool failed;
  am_label_memo memo;
} namer;

static bool has_name(const namer *n, am_label label, am_node **out_node)
{
  intptr_t node;
  if (label.text == NULL || !am_map_get_text(&n->names, label.text, label.size, &node))
    return false;
  if (out_node != NULL) *out_node = (am_node *)node;
  return true;
}

static void set_name(namer *n, am_label label, am_node *node)
{
  if (label.text == NULL || !am_map_set_text(&n->names, label.text, label.size, (intptr_t)node))
    n->failed = true;
}

static am_label repetition(namer *n, am_node *node)
{
  unsigned number = n->repetitions++;
  return n->style == AM_LABEL_STYLE_TABLENAME_PLUS_COL ? am_label_dedupe_tq(n->arena, node, number)
                                                       : am_label_dedupe(n->arena, node, number);
}

/* An expression without a name. */
static void name_anonymous(namer *n, am_named *entry)
{
  am_label label = am_label_anon(n->arena, entry->node);
  entry->repeated = has_name(n, label, NULL);
  set_name(n, label, entry->node);
  entry->fallback = entry->repeated ? repetition(n, entry->node) : label;
}

/* A name that somebody has already. */
static void name_again(namer *n, am_named *entry, am_label name)
{
  am_node *other = NULL;
  has_name(n, name, &other);
  if (am_label_plain(other) == am_label_plain(entry->node)) {
    if (!n->deduplicate) return;
    entry->required = entry->fallback = repetition(n, entry->node);
    entry->repeated = true;
    return;
  }
  am_label label;
  if (n->style == AM_LABEL_STYLE_TABLENAME_PLUS_COL) {
    am_node *plain = am_label_plain(entry->node);
    label = am_label_anon_of(n->arena, plain, am_label_tq(n->arena, plain, &n->memo), 0);
  } else {
    label = am_label_anon(n->arena, entry->node);
  }
  if (n->deduplicate && has_name(n, label, NULL)) {
    label = repetition(n, entry->node);
    entry->repeated = true;
  } else {
    set_name(n, label, entry->node);
  }
  entry->required = entry->fallback = label;
}

static bool renders_label(const am_node *node)
{
  if (node->tag == AM_NODE_TEXT) return false;
  return node->tag != AM_NODE_COLUMN || ((const am_column_node *)node)->table != NULL;
}

/* `required` is rendered in any case, `fallback` only where the column has no name itself. */
static void name_column(namer *n, am_named *entry)
{
  am_node *plain = am_label_plain(entry->node);
  if (!renders_label(plain)) return;
  if (n->style == AM_LABEL_STYLE_NONE) {
    entry->fallback = am_label_non_anon(n->arena, plain);
    if (entry->fallback.text == NULL) entry->fallback = am_label_anon(n->arena, plain);
    return;
  }
  bool qualified = n->style == AM_LABEL_STYLE_TABLENAME_PLUS_COL;
  am_label name = am_label_hybrid(entry->node);
  if (name.text == NULL && qualified) name = am_label_tq(n->arena, plain, &n->memo);
  entry->required = name;
  if (name.text == NULL && !qualified) name = am_label_non_anon(n->arena, plain);
  entry->fallback = name;
  if (name.text == NULL) name_anonymous(n, entry);
  else if (has_name(n, name, NULL)) name_again(n, entry, name);
  else set_name(n, name, entry->node);
}

static am_label resolved_key(namer *n, am_label label)
{
  am_label key = am_label_resolve(n->arena, label, &n->key_names, &n->key_counts);
  if (key.text == NULL) n->failed = true;
  key.flags = 0;
  return key;
}

/* What the column is called in `.c` and in rows; a name that is taken gets a number. */
static am_label key_of(namer *n, am_node *node)
{
  am_node *plain = am_label_plain(node);
  bool qualified = n->style == AM_LABEL_STYLE_TABLENAME_PLUS_COL;
  am_label none = {NULL, 0, 0, 0}, key = none;
  if (plain->tag == AM_NODE_TEXT) return none;
  if (n->style == AM_LABEL_STYLE_NONE) {
    key = am_label_proxy_key(n->arena, node);
    return key.text != NULL ? key : am_label_text("_no_label");
  }
  key = qualified ? am_label_tq_key(n->arena, node, &n->memo) : am_label_proxy_key(n->arena, node);
  bool named = key.text != NULL;
  if (!named) key = am_label_text("_no_label");
  else key.flags &= (uint8_t)~AM_NAME_TRUNCATABLE;
  if (am_map_get_text(&n->keys, key.text, key.size, NULL)) {
    if (named && qualified)
      return resolved_key(
          n, am_label_anon_of(n->arena, plain, am_label_tq_key(n->arena, plain, &n->memo), 0));
    return resolved_key(n, am_label_anon_of(n->arena, plain, key, 0));
  }
  if (!am_map_set_text(&n->keys, key.text, key.size, 1)) n->failed = true;
  return key.flags & AM_NAME_SYMBOLIC ? resolved_key(n, key) : key;
}

am_named *am_select_names(am_arena *arena, const am_vec *columns, int64_t label_style,
                          bool deduplicate)
{
  if (label_style == AM_LABEL_STYLE_LEGACY_ORM) label_style = AM_LABEL_STYLE_DISAMBIGUATE_ONLY;
  namer n = {.arena = arena, .style = label_style, .deduplicate = deduplicate, .repetitions = 1};
  am_map_init_text(&n.names);
  am_map_init_text(&n.keys);
  am_map_init_text(&n.key_names);
  am_map_init_text(&n.key_counts);
  am_named *entries = am_arena_calloc(arena, (columns->count + 1) * sizeof *entries);
  for (size_t i = 0; entries != NULL && i < columns->count; i++) {
    entries[i].node = columns->items[i];
    name_column(&n, &entries[i]);
    entries[i].key = key_of(&n, entries[i].node);
  }
  am_map_deinit(&n.names);
  am_map_deinit(&n.keys);
  am_map_deinit(&n.key_names);
  am_map_deinit(&n.key_counts);
  return n.failed || arena->failed ? NULL : entries;
}
