/* Runs a pattern's program (sqlite_pattern.h) over a text.
 *
 * At each character stands the set of steps that wait for it; a step is in the set once, however
 * many ways lead there. All memory belongs to one search.
 */
#include <string.h>
#include <wctype.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "driver/sqlite_pattern.h"

enum { WORK_BETWEEN_LOOKS = 100 * 1000 };
static const uint32_t NOTHING =
    UINT32_MAX; /* before the text's first and behind its last character */

/* The sets are lists of step numbers; `seen` holds for each step the round in which it was met. */
typedef struct search {
  const am__re *re;
  uint32_t *waiting, *reached, *todo;
  size_t *seen;
  uint32_t waiting_count, reached_count;
  uint32_t before, after; /* the characters around the place */
  bool at_last;           /* `after` is the text's last character */
  size_t round;
} search;

uint32_t am__re_next(const char **at, const char *end)
{
  uint32_t code;
  size_t size = am_utf8_read(*at, end, &code);
  if (size == 0) {
    code = 0xdc00 + (unsigned char)**at;
    size = 1;
  }
  *at += size;
  return code;
}

static bool is_space(uint32_t c)
{
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f) || c == 0x85 ||
         c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

bool am__re_is_word(const am__re *re, uint32_t c)
{
  if (c < 0x80)
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  return c != NOTHING && re->locale != (locale_t)0 && iswalnum_l((wint_t)c, re->locale);
}

uint32_t am__re_fold(const am__re *re, uint32_t c)
{
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
  return re->locale != (locale_t)0 ? (uint32_t)towlower_l((wint_t)c, re->locale) : c;
}

static uint32_t upper(const am__re *re, uint32_t c)
{
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c & ~0x20u : c;
  return re->locale != (locale_t)0 ? (uint32_t)towupper_l((wint_t)c, re->locale) : c;
}

static bool in_ranges(const am__re *re, const am__re_class *set, uint32_t c)
{
  if (set->count == 0) return false;
  const am__re_range *ranges = re->ranges + set->first;
  uint32_t low = 0, high = set->count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (c < ranges[middle].low) high = middle;
    else if (c > ranges[middle].high) low = middle + 1;
    else return true;
  }
  return false;
}

bool am__re_in_class(const am__re *re, const am__re_class *set, uint32_t c, bool fold)
{
  uint8_t kinds = set->kinds;
  bool in = in_ranges(re, set, c);
  if (!in && fold) in = in_ranges(re, set, am__re_fold(re, c)) || in_ranges(re, set, upper(re, c));
  if (!in && kinds & (AM__RE_DIGIT | AM__RE_NOT_DIGIT))
    in = (kinds & (c >= '0' && c <= '9' ? AM__RE_DIGIT : AM__RE_NOT_DIGIT)) != 0;
  if (!in && kinds & (AM__RE_WORD | AM__RE_NOT_WORD))
    in = (kinds & (am__re_is_word(re, c) ? AM__RE_WORD : AM__RE_NOT_WORD)) != 0;
  if (!in && kinds & (AM__RE_SPACE | AM__RE_NOT_SPACE))
    in = (kinds & (is_space(c) ? AM__RE_SPACE : AM__RE_NOT_SPACE)) != 0;
  return in != set->negated;
}

/* Whether a step that takes no character lets pass here. */
static bool passes(const search *s, const am__re_step *step)
{
  switch ((am__re_op)step->op) {
    case AM__RE_START: return s->before == NOTHING || (step->flag && s->before == '\n');
    case AM__RE_END: return s->after == NOTHING || (s->after == '\n' && (step->flag || s->at_last));
    case AM__RE_FINISH: return s->after == NOTHING;
    default: /* in an empty text there is no border and, as in Python, no place without one */
      if (s->before == NOTHING && s->after == NOTHING) return false;
      return (am__re_is_word(s->re, s->before) != am__re_is_word(s->re, s->after)) != step->flag;
  }
}

static bool takes(const am__re *re, const am__re_step *step, uint32_t c)
{
  switch ((am__re_op)step->op) {
    case AM__RE_CHAR:
      return c == (uint32_t)step->a || (step->flag && am__re_fold(re, c) == (uint32_t)step->a);
    case AM__RE_ANY: return step->flag || c != '\n';
    default: return am__re_in_class(re, &re->classes[step->a], c, step->flag);
  }
}

/* Adds the steps that wait for a character and are reached from `start` without one. True if the
 * end of the program is. */
static bool reach(search *s, uint32_t start)
{
  uint32_t todo_count = 0;
  s->todo[todo_count++] = start;
  while (todo_count > 0) {
    uint32_t at = s->todo[--todo_count];
    const am__re_step *step = &s->re->steps[at];
    if (s->seen[at] == s->round) continue;
    s->seen[at] = s->round;
    switch ((am__re_op)step->op) {
      case AM__RE_FOUND: return true;
      case AM__RE_CHAR:
      case AM__RE_CLASS:
      case AM__RE_ANY: s->waiting[s->waiting_count++] = at; break;
      case AM__RE_SPLIT: s->todo[todo_count++] = at + (uint32_t)step->b; /* fall through */
      case AM__RE_JUMP: s->todo[todo_count++] = at + (uint32_t)step->a; break;
      default:
        if (passes(s, step)) s->todo[todo_count++] = at + 1;
    }
  }
  return false;
}

/* All ways through the pattern at once, so that time is linear, whatever the pattern. */
static am__re_result run(search *s, const char *text, const char *end, bool (*stop)(void *),
                         void *context)
{
  size_t work = 0;
  const am__re_step *first = &s->re->steps[0];
  bool literal = first->op == AM__RE_CHAR && !first->flag && first->a < 0x80;
  for (const char *at = text;;) {
    if (literal && s->reached_count == 0) {
      at = at < end ? memchr(at, first->a, (size_t)(end - at)) : NULL;
      if (at == NULL) return AM__RE_MISS;
    }
    bool last = at == end;
    s->after = last ? NOTHING : am__re_next(&at, end);
    s->at_last = at == end;
    s->round++;
    s->waiting_count = 0;
    for (uint32_t i = 0; i < s->reached_count; i++)
      if (reach(s, s->reached[i])) return AM__RE_HIT;
    if (reach(s, 0)) return AM__RE_HIT;
    if (last) return AM__RE_MISS;
    s->reached_count = 0;
    for (uint32_t i = 0; i < s->waiting_count; i++)
      if (takes(s->re, &s->re->steps[s->waiting[i]], s->after))
        s->reached[s->reached_count++] = s->waiting[i] + 1;
    s->before = s->after;
    work += 1 + s->waiting_count;
    if (work >= WORK_BETWEEN_LOOKS) {
      work = 0;
      if (stop(context)) return AM__RE_STOPPED;
    }
  }
}

am__re_result am__re_search(const am__re *re, const char *text, size_t size, bool (*stop)(void *),
                            void *context)
{
  size_t count = re->step_count;
  search s = {.re = re, .before = NOTHING};
  /* A step is expanded once in a round and leaves at most two to do. */
  s.seen = am_calloc(count * (sizeof *s.seen + 4 * sizeof *s.todo) + sizeof *s.todo);
  if (s.seen == NULL) return AM__RE_NO_MEMORY;
  s.waiting = (uint32_t *)(s.seen + count);
  s.reached = s.waiting + count;
  s.todo = s.reached + count;
  am__re_result result = run(&s, text, text + size, stop, context);
  am_free(s.seen);
  return result;
}
