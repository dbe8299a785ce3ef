/* Reads a regular expression in Python's dialect into a program (sqlite_pattern.h).
 *
 * Steps are appended as the pattern is read; what turns out to be one of several ways, or to be
 * repeated, gets its split put in front and is copied where it lies. Only whether there is a match
 * matters to REGEXP, not which: greedy and lazy are the same here, and groups capture nothing. What
 * needs a search that tries ways one after the other (back references, look-around, atomic groups)
 * is refused by name. Failure is sticky: `problem` or `no_memory` ends everything.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "driver/sqlite_pattern.h"

enum {
  LONGEST_PATTERN = 16 * 1024,
  DEEPEST_GROUP = 200, /* reading a group calls itself */
  MOST_STEPS = 48 * 1024,
  MOST_TIMES = 1000 * 1000,
  NO_LIMIT = -1,
};

typedef struct reader {
  am__re *re;
  const char *at, *end, *start;
  const char *problem;
  int depth;
  bool no_memory;
  bool fold, lines, dot_all; /* the flags i, m and s */
} reader;

static bool failed(const reader *r) { return r->problem != NULL || r->no_memory; }

static void fail(reader *r, const char *problem)
{
  if (r->problem == NULL) r->problem = problem;
}

/* Makes room for `more` items of `size` bytes behind `count`. */
static bool grow(reader *r, void *array, uint32_t count, uint32_t *room, uint32_t more, size_t size)
{
  if (failed(r)) return false;
  if (count + more <= *room) return true;
  uint32_t larger = *room * 2 > count + more ? *room * 2 : count + more + 8;
  void *block = am_realloc(*(void **)array, larger * size);
  if (block == NULL) {
    r->no_memory = true;
    return false;
  }
  *(void **)array = block;
  *room = larger;
  return true;
}

static bool more_steps(reader *r, uint32_t more)
{
  am__re *re = r->re;
  if (re->step_count + more > MOST_STEPS) fail(r, "too many repetitions");
  return grow(r, &re->steps, re->step_count, &re->step_room, more, sizeof *re->steps);
}

static void emit(reader *r, am__re_op op, bool flag, int32_t a, int32_t b)
{
  if (!more_steps(r, 1)) return;
  r->re->steps[r->re->step_count++] = (am__re_step){(uint8_t)op, flag, a, b};
}

/* Puts a split in front of what begins at `at`: into it, or behind it by `skip` steps more. */
static void emit_choice(reader *r, uint32_t at, uint32_t skip)
{
  am__re *re = r->re;
  if (!more_steps(r, 1)) return;
  uint32_t size = re->step_count++ - at;
  memmove(re->steps + at + 1, re->steps + at, size * sizeof *re->steps);
  re->steps[at] = (am__re_step){AM__RE_SPLIT, false, 1, (int32_t)(size + skip) + 1};
}

static void emit_char(reader *r, uint32_t c)
{
  emit(r, AM__RE_CHAR, r->fold, (int32_t)(r->fold ? am__re_fold(r->re, c) : c), 0);
}

static bool take(reader *r, char c)
{
  if (r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

/* ---- escapes ------------------------------------------------------------------------------------
 */

static int digit_of(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Up to `most` digits, at least `least` of them. */
static uint32_t number(reader *r, uint32_t base, int least, int most)
{
  uint32_t value = 0;
  int count = 0;
  for (; count < most && r->at < r->end && digit_of(*r->at) < (int)base; count++)
    value = value * base + (uint32_t)digit_of(*r->at++);
  if (count < least || value > 0x10ffff) fail(r, "incomplete or too large escape");
  return value;
}

/* The kinds of characters that \d, \W ... stand for; 0 for other letters. */
static uint8_t kind_of(char letter)
{
  switch (letter) {
    case 'd': return AM__RE_DIGIT;
    case 'D': return AM__RE_NOT_DIGIT;
    case 'w': return AM__RE_WORD;
    case 'W': return AM__RE_NOT_WORD;
    case 's': return AM__RE_SPACE;
    case 'S': return AM__RE_NOT_SPACE;
    default: return 0;
  }
}

/* The character that an escape means inside brackets and outside; `at` is behind the backslash. */
static uint32_t escaped_char(reader *r)
{
  char c = *r->at;
  if ((unsigned char)c >= 0x80) return am__re_next(&r->at, r->end);
  r->at++;
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'a': return '\a';
    case 'x': return number(r, 16, 2, 2);
    case 'u': return number(r, 16, 4, 4);
    case 'U': return number(r, 16, 8, 8);
    case '0': return number(r, 8, 0, 2);
    default:
      if ((c >= '1' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
        fail(r, "unknown escape");
      return (unsigned char)c;
  }
}

static void emit_class(reader *r, uint8_t kinds, bool negated, uint32_t first)
{
  am__re *re = r->re;
  if (!grow(r, &re->classes, re->class_count, &re->class_room, 1, sizeof *re->classes)) return;
  re->classes[re->class_count] = (am__re_class){first, re->range_count - first, kinds, negated};
  emit(r, AM__RE_CLASS, r->fold, (int32_t)re->class_count++, 0);
}

/* After a backslash outside brackets. */
static void read_escape(reader *r)
{
  if (r->at == r->end) {
    fail(r, "the pattern ends with a backslash");
    return;
  }
  char c = *r->at;
  if (kind_of(c) != 0) emit_class(r, kind_of(c), false, r->re->range_count);
  else if (c == 'A') emit(r, AM__RE_START, false, 0, 0);
  else if (c == 'Z') emit(r, AM__RE_FINISH, false, 0, 0);
  else if (c == 'b' || c == 'B') emit(r, AM__RE_BORDER, c == 'B', 0, 0);
  else if (c >= '1' && c <= '9') fail(r, "back references are not supported");
  else {
    emit_char(r, escaped_char(r));
    return;
  }
  r->at++;
}

/* ---- brackets -----------------------------------------------------------------------------------
 */

static void add_range(reader *r, uint32_t low, uint32_t high)
{
  am__re *re = r->re;
  if (low > high) fail(r, "a range of characters ends before it begins");
  if (!grow(r, &re->ranges, re->range_count, &re->range_room, 1, sizeof *re->ranges)) return;
  re->ranges[re->range_count++] = (am__re_range){low, high};
}

static int by_low(const void *a, const void *b)
{
  uint32_t x = ((const am__re_range *)a)->low, y = ((const am__re_range *)b)->low;
  return x < y ? -1 : x > y;
}

/* Sorts the ranges from `first` on and joins those that meet. */
static void order_ranges(am__re *re, uint32_t first)
{
  if (re->range_count == first) return;
  qsort(re->ranges + first, re->range_count - first, sizeof *re->ranges, by_low);
  am__re_range *last = re->ranges + first;
  for (uint32_t i = first + 1; i < re->range_count; i++) {
    am__re_range next = re->ranges[i];
    if (next.low > last->high) *++last = next;
    else if (next.high > last->high) last->high = next.high;
  }
  re->range_count = (uint32_t)(last - re->ranges) + 1;
}

/* A character inside brackets, or the kind of an escape like \d (*out_kind, else 0). */
static uint32_t bracket_item(reader *r, uint8_t *out_kind)
{
  *out_kind = 0;
  if (!take(r, '\\')) return am__re_next(&r->at, r->end);
  if (r->at == r->end) {
    fail(r, "missing ]");
    return 0;
  }
  *out_kind = kind_of(*r->at);
  if (*out_kind != 0 || *r->at == 'b') return (unsigned char)(*r->at++ == 'b' ? '\b' : 0);
  return escaped_char(r);
}

/* `at` is behind the opening bracket. */
static void read_bracket(reader *r)
{
  uint32_t first = r->re->range_count;
  uint8_t kinds = 0, kind;
  bool negated = take(r, '^');
  const char *begin = r->at;
  while (!failed(r) && (r->at == begin || !take(r, ']'))) {
    if (r->at == r->end) {
      fail(r, "missing ]");
      return;
    }
    uint32_t low = bracket_item(r, &kind), high = low;
    kinds |= kind;
    if (r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] != ']') {
      r->at++;
      uint8_t high_kind;
      high = bracket_item(r, &high_kind);
      if (kind != 0 || high_kind != 0) fail(r, "a class is no end of a range");
    }
    if (kind == 0) add_range(r, low, high);
  }
  if (failed(r)) return;
  order_ranges(r->re, first);
  emit_class(r, kinds, negated, first);
}

/* ---- repetition ---------------------------------------------------------------------------------
 */

/* These steps once more. */
static void emit_copy(reader *r, const am__re_step *steps, uint32_t count)
{
  if (!more_steps(r, count)) return;
  memcpy(r->re->steps + r->re->step_count, steps, count * sizeof *steps);
  r->re->step_count += count;
}

/* Makes what lies from `at` on come `least` to `most` times. */
static void repeat(reader *r, uint32_t at, int32_t least, int32_t most)
{
  am__re *re = r->re;
  uint32_t size = re->step_count - at;
  if (size == 0) return;
  if (least == 0 && most == NO_LIMIT) { /* x* */
    emit_choice(r, at, 1);
    emit(r, AM__RE_JUMP, false, -(int32_t)size - 1, 0);
    return;
  }
  int32_t copies = most == NO_LIMIT ? least : most;
  if ((uint64_t)copies * (size + 1) > MOST_STEPS) fail(r, "too many repetitions");
  if (failed(r)) return;
  am__re_step *part = am_alloc(size * sizeof *part);
  if (part == NULL) {
    r->no_memory = true;
    return;
  }
  memcpy(part, re->steps + at, size * sizeof *part);
  re->step_count = at;
  for (int32_t i = 0; i < copies; i++) {
    if (i >= least) /* each further one may be the end */
      emit(r, AM__RE_SPLIT, false, 1, (copies - i) * (int32_t)(size + 1));
    emit_copy(r, part, size);
  }
  if (most == NO_LIMIT) emit(r, AM__RE_SPLIT, false, -(int32_t)size, 1);
  am_free(part);
}

/* A decimal number; `otherwise` if there is none. */
static int32_t times(reader *r, int32_t otherwise)
{
  int32_t value = -1;
  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
    if (value < MOST_TIMES) value = (value < 0 ? 0 : value) * 10 + (*r->at - '0');
  return value < 0 ? otherwise : value;
}

/* Reads a quantifier; false if what stands there is none ("a{x" is text). */
static bool read_quantifier(reader *r, int32_t *least, int32_t *most)
{
  if (r->at == r->end) return false;
  const char *before = r->at;
  *least = *r->at == '+';
  *most = *r->at == '?' ? 1 : NO_LIMIT;
  if (strchr("*+?{", *r->at) == NULL || *r->at == '\0') return false;
  if (*r->at++ != '{') return true;
  const char *digits = r->at;
  *least = times(r, 0);
  *most = take(r, ',') ? times(r, NO_LIMIT) : *least;
  bool empty = r->at == digits;
  if (!take(r, '}') || empty) {
    r->at = before;
    return false;
  }
  if (*most != NO_LIMIT && *least > *most) fail(r, "a repetition's least is more than its most");
  return true;
}

/* Applies the quantifier that follows what lies from `at` on, if there is one. */
static void read_repetition(reader *r, uint32_t at, bool repeatable)
{
  int32_t least, most;
  if (!read_quantifier(r, &least, &most)) return;
  if (!repeatable) fail(r, "nothing to repeat");
  take(r, '?');
  if (r->at < r->end && *r->at == '+') fail(r, "possessive quantifiers are not supported");
  if (!failed(r)) repeat(r, at, least, most);
  const char *before = r->at;
  if (!failed(r) && read_quantifier(r, &least, &most)) fail(r, "multiple repeat");
  r->at = before;
}

/* ---- groups -------------------------------------------------------------------------------------
 */

static void read_alternatives(reader *r);

/* The letters of (?ims-ims: or (?ims); `at` is behind the question mark. True if a group begins. */
static bool read_flags(reader *r, bool leading)
{
  bool on = true;
  for (; r->at < r->end; r->at++) {
    switch (*r->at) {
      case 'i': r->fold = on; break;
      case 'm': r->lines = on; break;
      case 's': r->dot_all = on; break;
      case 'u': break;
      case '-': on = false; break;
      case ':': r->at++; return true;
      case ')':
        r->at++;
        if (!leading) fail(r, "global flags not at the start of the expression");
        return false;
      default: fail(r, "this kind of (?...) group is not supported"); return false;
    }
  }
  fail(r, "missing )");
  return false;
}

/* "(?" was met; `at` is behind it. True if a group's contents follow. */
static bool read_group_head(reader *r, bool leading)
{
  size_t left = (size_t)(r->end - r->at);
  if (left > 0 && *r->at == '#') {
    const char *close = memchr(r->at, ')', left);
    if (close == NULL) fail(r, "missing )");
    else r->at = close + 1;
    return false;
  }
  if (left > 1 && r->at[0] == 'P' && r->at[1] == '<') {
    const char *close = memchr(r->at, '>', left);
    if (close == NULL) fail(r, "missing >");
    else r->at = close + 1;
    return true;
  }
  if (left > 1 && r->at[0] == 'P' && r->at[1] == '=') fail(r, "back references are not supported");
  if (left > 0 && strchr("=!<", *r->at) != NULL) fail(r, "look-around is not supported");
  return !failed(r) && read_flags(r, leading);
}

/* An opening parenthesis was met; `at` is behind it. False if it was no group but flags or a
 * comment. */
static bool read_group(reader *r)
{
  bool leading = r->at - 1 == r->start;
  bool fold = r->fold, lines = r->lines, dot_all = r->dot_all;
  if (take(r, '?') && !read_group_head(r, leading)) return false;
  if (++r->depth > DEEPEST_GROUP) fail(r, "groups are nested too deeply");
  if (!failed(r)) read_alternatives(r);
  if (!failed(r) && !take(r, ')')) fail(r, "missing )");
  r->depth--;
  r->fold = fold;
  r->lines = lines;
  r->dot_all = dot_all;
  return true;
}

/* One thing that can be repeated, with its repetition. */
static void read_item(reader *r)
{
  uint32_t at = r->re->step_count;
  bool repeatable = true;
  int32_t least, most;
  if (read_quantifier(r, &least, &most)) fail(r, "nothing to repeat");
  if (failed(r)) return;
  if (take(r, '\\')) {
    read_escape(r);
    repeatable = !failed(r) && r->re->steps[at].op <= AM__RE_ANY;
  } else if (take(r, '[')) read_bracket(r);
  else if (take(r, '(')) repeatable = read_group(r);
  else if (take(r, '.')) emit(r, AM__RE_ANY, r->dot_all, 0, 0);
  else if (take(r, '^')) {
    emit(r, AM__RE_START, r->lines, 0, 0);
    repeatable = false;
  } else if (take(r, '$')) {
    emit(r, AM__RE_END, r->lines, 0, 0);
    repeatable = false;
  } else emit_char(r, am__re_next(&r->at, r->end));
  if (!failed(r)) read_repetition(r, at, repeatable);
}

/* a|b|c up to the end or the closing parenthesis. */
static void read_alternatives(reader *r)
{
  int32_t last_jump = -1; /* the jumps to the end are a chain until it is known */
  for (;;) {
    uint32_t at = r->re->step_count;
    while (!failed(r) && r->at < r->end && *r->at != '|' && *r->at != ')') read_item(r);
    if (failed(r) || !take(r, '|')) break;
    emit_choice(r, at, 1);
    emit(r, AM__RE_JUMP, false, last_jump, 0);
    last_jump = (int32_t)r->re->step_count - 1;
  }
  while (!failed(r) && last_jump >= 0) {
    am__re_step *jump = &r->re->steps[last_jump];
    int32_t next = jump->a;
    jump->a = (int32_t)r->re->step_count - last_jump;
    last_jump = next;
  }
}

bool am__re_compile(am__re *re, const char *pattern, size_t size, locale_t locale,
                    const char **out_problem)
{
  memset(re, 0, sizeof *re);
  re->locale = locale;
  reader r = {.re = re, .at = pattern, .start = pattern, .end = pattern + size};
  if (size > LONGEST_PATTERN) fail(&r, "the pattern is too long");
  else read_alternatives(&r);
  if (!failed(&r) && r.at < r.end) fail(&r, "unbalanced parenthesis");
  emit(&r, AM__RE_FOUND, false, 0, 0);
  *out_problem = r.no_memory ? NULL : r.problem;
  return !failed(&r);
}

void am__re_deinit(am__re *re)
{
  am_free(re->steps);
  am_free(re->classes);
  am_free(re->ranges);
}
