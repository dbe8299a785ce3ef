/* From node to text: the compiler's door.
 *
 * One walk writes text and binds together. A bind is written into the text as a mark (byte 1 and
 * six hexadecimal digits, its index), so that text may be moved about (common table expressions go
 * to the front) and still carries its binds; the final pass replaces marks by placeholders of the
 * paramstyle and so obtains the order of parameters from the text itself: text and binds cannot
 * disagree.
 *
 * Visitors return nothing: the first failure is kept in the am_error (am_compile_fail), output goes
 * on harmlessly and am_compile returns NULL.
 */
#ifndef AM_COMPILE_COMPILE_H
#define AM_COMPILE_COMPILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "sql/node.h"
#include "sql/operator.h"
#include "sql/type.h"

typedef struct am_compiler am_compiler;
typedef struct am_dialect am_dialect;
typedef struct am_frame am_frame; /* one SELECT, INSERT ... under way; compile/cte.h */

typedef enum am_paramstyle {
  AM_PARAM_NAMED,   /* :name */
  AM_PARAM_QMARK,   /* ? */
  AM_PARAM_NUMERIC, /* $1 */
  AM_PARAM_FORMAT,  /* %s */
  AM_PARAM_PYFORMAT /* %(name)s: text only */
} am_paramstyle;

/* What travels down the walk (SQLAlchemy's keyword arguments). Copied, changed and passed on by
 * value. */
typedef struct am_ctx {
  unsigned flags;
  am_name *within_column;  /* name of the column whose value a bind is (for messages) */
  am_vec *result_objects;  /* objects that the result column under way also answers to */
  am_node *label_as_label; /* the label that is being rendered */
  void *extra;             /* room-private, see the visitor that sets it */
} am_ctx;

/* am_ctx.flags */
enum {
  AM_CTX_LITERAL_BINDS = 1,
  AM_CTX_COLUMNS_CLAUSE = 2, /* directly in the columns clause of a SELECT */
  AM_CTX_AS_FROM = 4,        /* in a FROM clause */
  AM_CTX_LABEL_CLAUSE = 8,   /* within the element of a label */
  AM_CTX_NO_TABLE = 16,      /* columns without their table (DDL, INSERT) */
  AM_CTX_LATERAL = 64,
  AM_CTX_LITERAL_EXECUTE = 128, /* render binds at execution as literals */
  AM_CTX_SKIP_BIND_EXPRESSION = 256,
  AM_CTX_TOPLEVEL = 2048,
  AM_CTX_NEED_RESULT_MAP = 4096,
  AM_CTX_IN_OPERATOR = 1 << 24,    /* operand of a binary operator */
  AM_CTX_CAST_APPLIED = 1 << 25,   /* a JSON element inside the CAST made for it */
  AM_CTX_COMPOUND = 1 << 16,       /* an element of a compound */
  AM_CTX_COMPOUND_LATER = 1 << 17, /* not the first one */
  AM_CTX_SUBQUERY = 1 << 18,       /* an alias around this puts the parentheses */
  AM_CTX_INSERT_SELECT = 1 << 19   /* the SELECT of an INSERT */
};

/* What only the host language knows about types and values. Every function answers false (or NULL)
 * with *err set when it fails; a node is returned with a reference. */
typedef struct am_compile_hooks {
  /* Spells a value as an SQL literal. */
  bool (*literal)(void *context, am_node *type, const am_bound *value, am_strbuf *out,
                  am_error *err);
  /* The type that a decorator or a variant is on this dialect. */
  am_node *(*type_impl)(void *context, am_node *type, am_error *err);
  /* The SQL spelling of a user-defined type. */
  bool (*type_spec)(void *context, am_node *type, am_strbuf *out, am_error *err);
  /* The expression that stands for a parameter or a column of this type, NULL without error:
   * itself. */
  am_node *(*bind_expression)(void *context, am_node *type, am_node *node, am_error *err);
  am_node *(*column_expression)(void *context, am_node *type, am_node *node, am_error *err);
  /* The members of an expanding parameter as literals, joined as they stand inside the parentheses;
   * before and after: text around every member. */
  bool (*expand_literal)(void *context, am_node *bind, const char *before, const char *after,
                         am_strbuf *out, am_error *err);
  /* Writes a construct that has a text of the user's own on this dialect; false without error: it
   * has none. */
  bool (*construct)(void *context, am_compiler *c, am_node *node, am_ctx ctx, am_error *err);
} am_compile_hooks;

typedef struct am_compile_options {
  const am_dialect *dialect;
  am_paramstyle paramstyle;
  bool literal_binds;
  bool render_postcompile; /* expand IN lists now, with the values at hand */
  bool for_executemany;
  bool strict;          /* false: the string dialect, which never refuses */
  bool inline_;         /* no RETURNING or pre-executed defaults for keys */
  am_list *column_keys; /* WORDs: parameter names of an INSERT or UPDATE; NULL: none given */
  bool has_column_keys;
  am_list *schema_translate; /* OPTIONs name → text; name "" is the default schema */
  bool render_schema_translate;
  bool skip_bind_expression; /* parameters as they are, without the expression of their type */
  bool lint;                 /* look for FROM elements that nothing connects: am_compiled.lint */
  size_t max_identifier;     /* 0: the dialect's */
  size_t label_length;       /* longest name that the compiler makes up; 0: max_identifier */
  bool backslash_escapes;    /* literals for a server that reads backslashes in them */
  const am_compile_hooks *hooks;
  void *hook_context;
  const unsigned char *overridden; /* per tag: may hooks->construct know it? NULL: it knows none */
  am_node *extract_from; /* the statement whose binds count as the compiled one's; NULL: the node
                            itself */
  am_list *stand_ins;    /* SELECTs in pairs: instead of the first, the second is rendered */
  am_list *bind_copies;  /* BINDs in pairs: the first has the value that the second extracts */
} am_compile_options;

/* am_compiled_bind.flags */
enum {
  AM_CBIND_EXPANDING = 1,
  AM_CBIND_LITERAL_EXECUTE = 2,
  AM_CBIND_POST_COMPILE = AM_CBIND_EXPANDING | AM_CBIND_LITERAL_EXECUTE,
  AM_CBIND_REQUIRED = 4,   /* no value in the statement */
  AM_CBIND_FROM_NAMES = 8, /* made by the compiler from a parameter name (INSERT column) */
  AM_CBIND_UNUSED = 16,
  AM_CBIND_UNTYPED = 32,  /* text that the server gives a type by its place, as it does to 'x' */
  AM_CBIND_NULL_TEST = 64 /* compared with NULL, which tells the server no type */
};

typedef struct am_compiled_bind {
  am_name *name;   /* as in the text: "id_1" */
  am_name *key;    /* as the author wrote it, to look up given parameters */
  am_node *bind;   /* the BIND node that it came from (counted) */
  am_node *type;   /* its SQL type (counted) */
  int64_t extract; /* index among the statement's extracted binds, -1: not from the statement */
  unsigned flags;
  uint32_t number; /* of the placeholder, where they are numbered */
  uint32_t loose;  /* how often it stands where text is better sent without a type (bind.h) */
  uint32_t twins;  /* group of those that stand for each other (compile/twin.h); 0: none */
  char *before,
      *after;      /* EXPANDING: text around every member (bind expression of the type), or NULL */
  am_node *column; /* INSERT and UPDATE: the column that it is for (counted), or NULL */
} am_compiled_bind;

typedef struct am_result_column {
  am_name *key;     /* what the row answers to: label or column name in the cursor */
  am_name *name;    /* the column's own name */
  am_node *type;    /* decides the decoder; counted */
  am_list *objects; /* expressions that find this column in a row */
} am_result_column;

/* The product: immutable, reference-counted, shared by the cache. */
typedef struct am_compiled {
  uint32_t refs;
  am_node *statement; /* counted: keeps held Lua values and addresses valid */
  const am_dialect *dialect;
  am_paramstyle paramstyle;
  char *marked; /* text with bind marks */
  size_t marked_size;
  char *sql; /* final text; with post-compile marks "__[POSTCOMPILE_x]" if there are any */
  size_t sql_size;
  am_compiled_bind *binds; /* in order of creation (which numbers $n) */
  size_t bind_count;
  uint32_t *positions; /* indexes into binds, in order of the driver's parameters */
  size_t position_count;
  bool has_post_compile;
  am_result_column *columns;
  size_t column_count;
  bool columns_ordered; /* the n-th column of the cursor is columns[n] (else match by name) */
  bool is_select, is_insert, is_update, is_delete, is_ddl, is_text, returning, for_executemany;
  am_list *prefetch;   /* COLUMNs whose Lua or SQL default runs before the statement */
  am_list *postfetch;  /* COLUMNs with a value made by the server, not returned */
  am_list *returned;   /* COLUMNs implicitly returned */
  am_list *unexpected; /* primary key COLUMNs of an INSERT for which nobody gives a value */
  am_node *insert_single_values; /* reserved for the executor: see dml */
  size_t values_begin,
      values_end; /* span in `marked` of the single row of VALUES, for batching; 0 = none */
  char *lint;     /* a warning about the statement, or NULL */
  uint64_t id;    /* unique number: key of prepared statements */
  struct am_compiled *merged_from; /* twins made one: has what is not the text's own; counted */
} am_compiled;

struct am_compiler {
  const am_dialect *dialect;
  const am_compile_options *options;
  am_error *err;
  am_strbuf *out;   /* where text goes now */
  am_arena scratch; /* strings and frames that live as long as this compilation */
  am_compiled *result;
  size_t bind_capacity, column_capacity;
  am_map bind_names;  /* name → index + 1 into result->binds */
  am_map bind_nodes;  /* BIND node → index + 1 */
  am_map anon_names;  /* identity → name (arena char *) */
  am_map anon_counts; /* stem → next number */
  am_map truncated;   /* long name → short name */
  size_t truncate_counter;
  am_frame *frame; /* innermost statement */
  size_t depth;
  am_vec made;          /* nodes made on the way; unref'ed at the end */
  am_map extract_index; /* BIND → index among extracted binds */
  /* --- rooms add their state here --- */
  am_vec ctes;           /* compile/cte.c: those met, in order */
  am_node *visiting_cte; /* the one whose text is being made */
  am_node *plain;        /* to be written as the library does, once; compile/custom.c */
  am_node *bind_column;  /* column that the bind being rendered is for */
};

typedef void (*am_visit_node)(am_compiler *c, am_node *node, am_ctx ctx);
typedef void (*am_visit_operator)(am_compiler *c, am_binary_node *node, am_ctx ctx);
typedef void (*am_visit_clause)(am_compiler *c, am_node *statement, am_ctx ctx);

/* A function that a dialect spells in its own way. Lists end with a NULL name. */
typedef struct am_function_rule {
  const char *name; /* lower case */
  void (*put)(am_compiler *c, am_function_node *function, am_ctx ctx);
} am_function_rule;

/* A database's way to write SQL. Only what differs from `parent` is set; lookups climb. */
struct am_dialect {
  const char *name;
  const am_dialect *parent;
  am_paramstyle paramstyle;
  size_t max_identifier;        /* 0: inherit */
  char quote_open, quote_close; /* 0: inherit */
  bool (*reserved)(const char *lower_word);
  unsigned caps; /* AM_DIALECT_* */
  am_visit_node visit[AM_NODE_COUNT];
  am_visit_operator operators[AM_OP_COUNT];
  const char *operator_text[AM_OP_COUNT];
  /* clauses and odd spellings; NULL inherits */
  am_visit_clause limit_clause, for_update_clause, select_precolumns, returning_clause,
      update_from_clause, delete_using_clause, update_limit_clause, delete_limit_clause,
      default_values, on_conflict_clause, group_by_clause;
  void (*type_text)(am_compiler *c, am_node *type, am_ctx ctx);
  void (*empty_set)(am_compiler *c, am_list *types, am_ctx ctx);
  const am_function_rule *functions;
  const void *hooks;              /* further tables of the dialect's rooms (ddl, functions) */
  const struct am_ddl_rules *ddl; /* compile/ddl.h; NULL inherits */
};

/* am_dialect.caps */
enum {
  AM_DIALECT_NATIVE_BOOLEAN = 1,
  AM_DIALECT_SEQUENCES = 2,
  AM_DIALECT_INSERT_RETURNING = 4,
  AM_DIALECT_UPDATE_RETURNING = 8,
  AM_DIALECT_DELETE_RETURNING = 16,
  AM_DIALECT_MULTIVALUES = 32,
  AM_DIALECT_DEFAULT_VALUES = 64,
  AM_DIALECT_EMPTY_INSERT = 128,
  AM_DIALECT_TUPLE_IN_VALUES = 256,
  AM_DIALECT_SIMPLE_ORDER_BY_LABEL = 512,
  AM_DIALECT_NATIVE_ENUM = 1024,
  AM_DIALECT_NATIVE_UUID = 2048,
  AM_DIALECT_COMMENTS = 4096,
  AM_DIALECT_INLINE_COMMENTS = 8192,
  AM_DIALECT_SCHEMAS = 16384,
  AM_DIALECT_CTE = 32768,
  AM_DIALECT_IS_DISTINCT_FROM = 65536,
  AM_DIALECT_POSTFETCH_LASTROWID = 1 << 18,
  AM_DIALECT_SEQUENCES_OPTIONAL = 1 << 19,
  AM_DIALECT_NO_CONFLICT_RETURNING = 1 << 20, /* upserts return no keys by themselves */
  AM_DIALECT_RETURNING_NO_TABLE = 1 << 21,    /* RETURNING names columns without their table */
  AM_DIALECT_SET_WITH_TABLE = 1 << 22,        /* UPDATE of several tables names t.c in SET */
  AM_DIALECT_CTE_FOLLOWS_INSERT = 1 << 23,
  AM_DIALECT_TRUTH_WORDS = 1 << 24,  /* literals true and false without a boolean type */
  AM_DIALECT_DEFAULT_WORD = 1 << 25, /* VALUES (DEFAULT) */
  AM_DIALECT_STRING = 1 << 17        /* str(stmt): renders anything */
};

extern const am_dialect am_dialect_default;

/* --- use ----------------------------------------------------------------------- */

/* Compiles any node (statement, expression, DDL element). One reference, or NULL with *err set. */
am_compiled *am_compile(am_node *node, const am_compile_options *options, am_error *err);
am_compiled *am_compiled_ref(am_compiled *compiled);
void am_compiled_unref(am_compiled *compiled);
/* The text for one execution: `counts[i]` values for the i-th expanding bind position's bind (by
 * bind index), literal texts where literal_execute asks. expand writes what stands for bind
 * `index`. Appends to `out`. */
typedef bool (*am_expand_fn)(void *context, size_t bind_index, am_strbuf *out, am_error *err);
bool am_compiled_render(const am_compiled *compiled, am_expand_fn expand, void *context,
                        am_strbuf *out, am_error *err);
/* The statement with bind i being bind same_as[i] (twin.c). One reference, or NULL with *err set.
 */
am_compiled *am_compiled_merge(am_compiled *compiled, const uint32_t *same_as, am_error *err);
uint64_t am_compiled_next_id(void);
/* From `marked` and `binds` to text and positions: the last step of a compilation. */
bool am_compiled_finish(am_compiled *compiled, am_error *err);

/* A bind's mark in `marked`: this byte and its index. `at` points behind the byte; an author's byte
 * is followed by an x. */
#define AM_MARK '\1'
#define AM_MARK_DIGITS 6
size_t am_mark_read(const char *at);
void am_mark_write(char *at, size_t index);

/* --- for visitors ---------------------------------------------------------------- */

void am_compile_node(am_compiler *c, am_node *node, am_ctx ctx);
/* The same as the library writes it, whatever a user has put in its place. */
void am_compile_plain(am_compiler *c, am_node *node, am_ctx ctx);
/* Writes a node with the text of a user's own, if it has one here (custom.c). */
bool am_compile_custom(am_compiler *c, am_node *node, am_ctx ctx);
/* Items separated by `separator`; nothing for an empty list. */
void am_compile_list(am_compiler *c, am_list *list, const char *separator, am_ctx ctx);
void am_compile_fail(am_compiler *c, am_error_class cls, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* CompileError that names construct and dialect. */
void am_compile_unsupported(am_compiler *c, const char *construct);
/* May this be rendered, which only PostgreSQL (and the string dialect) knows? Else it fails. */
bool am_compile_knows_postgresql(am_compiler *c, const char *construct);
static inline bool am_compile_failed(const am_compiler *c) { return c->err->cls != AM_ERR_NONE; }
static inline void am_put(am_compiler *c, const char *text) { am_strbuf_puts(c->out, text); }
void am_putf(am_compiler *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Redirects output: returns the former buffer; give it back with am_compile_output. */
am_strbuf *am_compile_output(am_compiler *c, am_strbuf *out);
/* Keeps a node made during compilation alive until the end; NULL is an allocation failure. */
am_node *am_compile_keep(am_compiler *c, am_node *take_node);

/* dialect lookups */
am_visit_node am_dialect_visit(const am_dialect *dialect, am_tag tag);
am_visit_operator am_dialect_operator(const am_dialect *dialect, am_operator op);
const char *am_dialect_operator_text(const am_dialect *dialect, am_operator op);
am_visit_clause am_dialect_clause(const am_dialect *dialect, size_t offset);
#define AM_DIALECT_CLAUSE(c, clause) am_dialect_clause((c)->dialect, offsetof(am_dialect, clause))
bool am_dialect_is(const am_dialect *dialect, const char *name); /* itself or an ancestor */
unsigned am_dialect_caps(const am_dialect *dialect);

/* names (name.c) */
void am_put_identifier(am_compiler *c, const am_name *name); /* quoted when needed */
void am_put_identifier_text(am_compiler *c, const char *text, size_t size, int quote);
bool am_identifier_needs_quotes(const am_dialect *dialect, const char *text, size_t size);
/* The name of something anonymous: same identity and stem, same name ("stem_1"). Arena text. */
const char *am_anon_name(am_compiler *c, const void *identity, const char *stem, size_t size);
/* Shortens to the dialect's limit as SQLAlchemy does: label[:max-6] + "_" + hex counter. Arena
 * text. kind: "alias", "colident", "bindparam". */
const char *am_truncated(am_compiler *c, const char *kind, const char *text);
/* The longest identifier: what the options say, or the dialect's limit. */
size_t am_max_identifier(const am_compiler *c);
size_t am_dialect_max_identifier(const am_dialect *dialect); /* without an engine's options */
void am_put_schema(am_compiler *c, const am_name *schema, bool *out_written);

/* binds (bind.c) */
void am_put_bind(am_compiler *c, am_node *bind, am_ctx ctx);
/* The same for a bind that belongs to a column of INSERT/UPDATE. */
void am_put_column_bind(am_compiler *c, am_node *bind, am_node *column, am_ctx ctx);
/* Renders a bind for a column through the dialect's visitor (bind expressions of types),
 * remembering the column. */
void am_compile_column_bind(am_compiler *c, am_node *bind, am_node *column, am_ctx ctx);
void am_put_literal(am_compiler *c, am_node *type, const am_bound *value);
void am_put_quoted_text(am_compiler *c, const char *text, size_t size); /* 'it''s' */
/* Text from the author: doubles what would be read as a mark. */
/* A parameter's name as the text shows it: what a named placeholder cannot hold is replaced, as
 * SQLAlchemy does. */
void am_put_bind_name(am_strbuf *out, const char *name, size_t size);
void am_put_author_text(am_compiler *c, const char *text, size_t size);
/* The same where a percent sign is doubled because the paramstyle gives it a meaning. */
void am_put_sql_text(am_compiler *c, const char *text, size_t size);
bool am_doubles_percent(const am_compiler *c);

/* results: adds a column to the result map (keeps references) */
void am_add_result(am_compiler *c, const char *key, const char *name, am_node *type,
                   am_node *const *objects, size_t object_count);

/* types (type.c) */
void am_put_type(am_compiler *c, am_node *type, am_ctx ctx); /* SQL spelling of a TYPE node */
/* The type as it is on this dialect: variants and decorators resolved. Borrowed; never NULL for a
 * TYPE. */
am_node *am_type_here(am_compiler *c, am_node *type);
/* The variant of the type for this dialect, decorators kept. Borrowed. */
am_node *am_type_variant(am_compiler *c, am_node *type);
/* What stands for a selected expression of this type (column_expression of user types); the node
 * itself when the type has none. Borrowed. */
am_node *am_column_expression(am_compiler *c, am_node *node);

#endif
