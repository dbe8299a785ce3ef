/* The operator `text REGEXP pattern` for SQLite: true if the pattern is found anywhere in the text.
 *
 * SQLAlchemy registers Python's re.search here, so patterns are written in that dialect. What it
 * has in common with POSIX extended expressions is translated and compiled by regcomp; look-around
 * and back references are refused aloud. A compiled pattern is kept for the statement when the
 * pattern is a constant or a parameter. Matching is by UTF-8 characters where the system has such
 * a locale. regcomp calls itself for each group and copies what is repeated, so patterns that would
 * take its stack, the memory or hours are refused before.
 */
#include <regex.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "driver/sqlite_private.h"

enum {
  LONGEST_PATTERN = 16 * 1024,
  DEEPEST_GROUP = 200,
  MOST_PLACES = 100 * 1000, /* characters of the pattern with every {m,n} written out */
};

/* How large a pattern is when its repetitions are written out. */
typedef struct extent {
  int depth;                      /* of groups */
  double done[DEEPEST_GROUP + 1]; /* in each open group, without the last thing */
  double last;
  const char *bounds_end; /* behind the {m,n} that was met last */
} extent;

typedef struct translation {
  const char *at, *end;
  am_strbuf out;
  int flags;
  const char *problem;
  extent extent;
} translation;

/* The POSIX spelling of \d, \w, \s inside brackets; NULL for other letters. */
static const char *class_of(char letter)
{
  switch (letter) {
    case 'd': return "0-9";
    case 'w': return "_[:alnum:]";
    case 's': return "[:space:]";
    default: return NULL;
  }
}

/* The character that \n, \t ... stand for; 0 for other letters. */
static char control_of(char letter)
{
  switch (letter) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'a': return '\a';
    default: return 0;
  }
}

static void add_literal(am_strbuf *out, char c)
{
  if (strchr(".[]()*+?{}|^$\\", c) != NULL) am_strbuf_putc(out, '\\');
  am_strbuf_putc(out, c);
}

/* After a backslash outside brackets. */
static void escape(translation *t)
{
  char c = *t->at++;
  char lower = (char)(c | 0x20);
  if (class_of(c) != NULL) am_strbuf_printf(&t->out, "[%s]", class_of(c));
  else if (c != lower && class_of(lower) != NULL)
    am_strbuf_printf(&t->out, "[^%s]", class_of(lower));
  else if (control_of(c) != 0) am_strbuf_putc(&t->out, control_of(c));
  else if (c == 'A') am_strbuf_putc(&t->out, '^');
  else if (c == 'Z') am_strbuf_putc(&t->out, '$');
  else if (c == 'b' || c == 'B') am_strbuf_printf(&t->out, "\\%c", c);
  else if (c >= '1' && c <= '9') t->problem = "back references are not supported";
  else if (lower >= 'a' && lower <= 'z') t->problem = "unknown escape";
  else add_literal(&t->out, c);
}

/* A bracket expression; `at` is behind the opening bracket. POSIX has no escapes in there: a
 * closing bracket, caret or hyphen that was escaped moves to the place where it is literal. */
static void bracket(translation *t)
{
  bool close = false, hyphen = false, caret = false, first = true;
  am_strbuf_putc(&t->out, '[');
  if (t->at < t->end && *t->at == '^') {
    am_strbuf_putc(&t->out, '^');
    t->at++;
  }
  size_t start = t->out.size;
  for (; t->at < t->end && (*t->at != ']' || first); first = false) {
    char c = *t->at++;
    if (c == ']') {
      close = true;
      continue;
    }
    if (c == '[') {
      am_strbuf_puts(&t->out, "[");
      /* "[[:alpha:]]" would be read as a class by POSIX, not by Python: keep them apart. */
      if (t->at < t->end && strchr(":.=", *t->at) != NULL)
        t->problem = "'[:' inside brackets is not supported";
      continue;
    }
    if (c != '\\' || t->at == t->end) {
      am_strbuf_putc(&t->out, c);
      continue;
    }
    c = *t->at++;
    if (class_of(c) != NULL) am_strbuf_puts(&t->out, class_of(c));
    else if (control_of(c) != 0) am_strbuf_putc(&t->out, control_of(c));
    else if (c == ']') close = true;
    else if (c == '-') hyphen = true;
    else if (c == '^') caret = true;
    else if (c == 'D' || c == 'W' || c == 'S') t->problem = "negated class inside brackets";
    else am_strbuf_putc(&t->out, c);
  }
  if (t->at == t->end) t->problem = "missing ]";
  else t->at++;
  if (close) am_strbuf_insert(&t->out, start, "]", 1);
  if (caret && t->out.size == start && !hyphen) {
    /* only an escaped caret: "[^]" would be unfinished */
    am_strbuf_truncate(&t->out, start - 1);
    am_strbuf_puts(&t->out, "\\^");
    return;
  }
  if (hyphen && caret && t->out.size == start) {
    am_strbuf_puts(&t->out, "-^");
    hyphen = caret = false;
  }
  if (caret) am_strbuf_putc(&t->out, '^');
  if (hyphen) am_strbuf_putc(&t->out, '-');
  am_strbuf_putc(&t->out, ']');
}

/* "(?" was met; `at` is behind the question mark. */
static void group(translation *t, bool leading)
{
  if (t->at < t->end && *t->at == ':') {
    t->at++;
    am_strbuf_putc(&t->out, '(');
    return;
  }
  if (t->end - t->at > 2 && t->at[0] == 'P' && t->at[1] == '<') { /* named group */
    const char *close = memchr(t->at, '>', (size_t)(t->end - t->at));
    if (close != NULL) {
      t->at = close + 1;
      am_strbuf_putc(&t->out, '(');
      return;
    }
  }
  for (; leading && t->at < t->end; t->at++) { /* global flags: (?i) (?s) (?u) */
    if (*t->at == 'i') t->flags |= REG_ICASE;
    else if (*t->at == 'm') t->flags |= REG_NEWLINE;
    else if (*t->at == ')') {
      t->at++;
      return;
    } else if (*t->at != 's' && *t->at != 'u') break;
  }
  t->problem = "this kind of (?...) group is not supported";
}

/* The larger of the numbers of a {m,n}; `at` is behind its brace. */
static double most_times(translation *t)
{
  const char *at = t->at;
  double most = 1, bound = 0;
  for (; at < t->end && (*at == ',' || (*at >= '0' && *at <= '9')); at++) {
    bound = *at == ',' ? 0 : bound * 10 + (*at - '0');
    if (bound > most) most = bound;
  }
  t->extent.bounds_end = at;
  return most;
}

/* Takes a character outside brackets into account; `at` is behind it. */
static void measure(translation *t, char c)
{
  extent *e = &t->extent;
  double *done = &e->done[e->depth];
  if (e->bounds_end != NULL && t->at <= e->bounds_end + 1) return;
  if (c == '{') {
    e->last *= most_times(t);
  } else if (c == '+') {
    e->last *= 2; /* x+ becomes xx* */
  } else if (c == ')' && e->depth > 0) {
    e->last += *done;
    e->depth--;
  } else if (c != '*' && c != '?') {
    *done += e->last;
    e->last = c != '(';
    if (c == '(' && e->depth == DEEPEST_GROUP) t->problem = "groups are nested too deeply";
    else if (c == '(') e->done[++e->depth] = 0;
  }
  if (e->done[e->depth] + e->last > MOST_PLACES) t->problem = "too many repetitions";
}

static void translate(translation *t)
{
  if (t->end - t->at > LONGEST_PATTERN) t->problem = "the pattern is too long";
  bool repeated = false; /* the last thing was a quantifier: a following ? only makes it lazy */
  const char *start = t->at;
  bool dot_all = t->end - t->at > 3 && t->at[0] == '(' && t->at[1] == '?' &&
                 memchr(t->at, 's', strcspn(t->at, ":)")) != NULL;
  while (t->at < t->end && t->problem == NULL) {
    char c = *t->at++;
    bool was_repeated = repeated;
    repeated = false;
    measure(t, c == '\\' || c == '[' ? 'x' : c);
    if (t->problem != NULL) return;
    if (c == '\\') {
      if (t->at == t->end) t->problem = "pattern ends with a backslash";
      else escape(t);
    } else if (c == '[') {
      bracket(t);
    } else if (c == '.') {
      am_strbuf_puts(&t->out, dot_all ? "." : "[^\n]");
    } else if (c == '(' && t->at < t->end && *t->at == '?') {
      bool leading = t->at - 1 == start;
      t->at++;
      group(t, leading);
    } else if (c == '?' && was_repeated) {
      /* a match exists with the lazy form exactly when it exists with the greedy one */
    } else {
      repeated = c == '*' || c == '+' || c == '?' || c == '}';
      am_strbuf_putc(&t->out, c);
    }
  }
}

static void regex_free(void *block)
{
  regfree(block);
  am_free(block);
}

/* Compiles the pattern; NULL with the context's error set. */
static regex_t *compile(sqlite3_context *context, const char *pattern, size_t size)
{
  translation t = {pattern, pattern + size, AM_STRBUF_INIT, REG_EXTENDED | REG_NOSUB, NULL, {0}};
  char problem[200];
  am_strbuf_puts(&t.out, "");
  translate(&t);
  regex_t *regex = am_alloc(sizeof *regex);
  bool failed = am_strbuf_failed(&t.out) || regex == NULL;
  if (!failed && t.problem == NULL) {
    int rc = regcomp(regex, t.out.text != NULL ? t.out.text : "", t.flags);
    if (rc == 0) {
      am_strbuf_deinit(&t.out);
      return regex;
    }
    regerror(rc, regex, problem, sizeof problem);
    t.problem = problem;
  }
  am_strbuf_deinit(&t.out);
  am_free(regex);
  if (failed) {
    sqlite3_result_error_nomem(context);
    return NULL;
  }
  char *text = sqlite3_mprintf("invalid regular expression: %s", t.problem);
  if (text != NULL) sqlite3_result_error(context, text, -1);
  else sqlite3_result_error_nomem(context);
  sqlite3_free(text);
  return NULL;
}

static void call_regexp(sqlite3_context *context, int count, sqlite3_value **values)
{
  (void)count;
  if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL)
    return;
  const char *text = (const char *)sqlite3_value_text(values[1]);
  int size = sqlite3_value_bytes(values[1]);
  const am__sqlite_conn *conn = sqlite3_user_data(context);
  locale_t before = conn->utf8 != (locale_t)0 ? uselocale(conn->utf8) : (locale_t)0;
  regex_t *regex = sqlite3_get_auxdata(context, 0);
  bool fresh = regex == NULL;
  if (fresh) {
    const char *pattern = (const char *)sqlite3_value_text(values[0]);
    if (pattern == NULL) sqlite3_result_error_nomem(context);
    else regex = compile(context, pattern, (size_t)sqlite3_value_bytes(values[0]));
  }
  if (text == NULL) sqlite3_result_error_nomem(context);
  else if (regex != NULL) {
    regmatch_t range[1] = {{0, size}};
    sqlite3_result_int(context, regexec(regex, text, 1, range, REG_STARTEND) == 0);
  }
  if (before != (locale_t)0) uselocale(before);
  if (fresh && regex != NULL) sqlite3_set_auxdata(context, 0, regex, regex_free);
}

int am__sqlite_regexp_add(am__sqlite_conn *conn)
{
  if (conn->utf8 == (locale_t)0) conn->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  return sqlite3_create_function_v2(conn->db, "regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, conn,
                                    call_regexp, NULL, NULL, NULL);
}
