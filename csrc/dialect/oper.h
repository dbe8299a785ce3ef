/* What the dialects add to expressions: operators, functions, spelling of types, reserved words. */
#ifndef AM_DIALECT_OPER_H
#define AM_DIALECT_OPER_H

#include "compile/expr.h"

/* string_oper.c */
void am_string_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx);

/* postgresql_oper.c */
void am_pg_ilike(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_pg_match(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_pg_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_pg_json_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_pg_substring(am_compiler *c, am_binary_node *binary, am_ctx ctx);
extern const am_function_rule am_pg_functions[];
void am_pg_type_text(am_compiler *c, am_node *type, am_ctx ctx);
bool am_pg_reserved(const char *lower_word);

/* sqlite_oper.c */
void am_sqlite_truediv(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_sqlite_xor(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_sqlite_is_distinct(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_sqlite_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_sqlite_json_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_sqlite_extract(am_compiler *c, am_node *node, am_ctx ctx);
extern const am_function_rule am_sqlite_functions[];
void am_sqlite_type_text(am_compiler *c, am_node *type, am_ctx ctx);
bool am_sqlite_reserved(const char *lower_word);

/* mysql_oper.c */
void am_mysql_concat(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_mysql_match(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_mysql_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_mysql_is_distinct(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_mysql_json_getitem(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_mysql_truediv(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_mysql_cast(am_compiler *c, am_node *node, am_ctx ctx);
void am_mysql_true(am_compiler *c, am_node *node, am_ctx ctx);
void am_mysql_false(am_compiler *c, am_node *node, am_ctx ctx);
extern const am_function_rule am_mysql_functions[];
void am_mysql_type_text(am_compiler *c, am_node *type, am_ctx ctx);
bool am_mysql_reserved(const char *lower_word);
void am_mariadb_regexp_replace(am_compiler *c, am_binary_node *binary, am_ctx ctx);
void am_mariadb_regexp(am_compiler *c, am_binary_node *binary, am_ctx ctx);
bool am_mariadb_reserved(const char *lower_word);

/* words.c */
bool am_default_reserved(const char *lower_word);
/* Is the word in the sorted list? */
bool am_word_in(const char *word, const char *const *sorted, size_t count);

#endif
