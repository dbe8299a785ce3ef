/* A regular expression in Python's dialect as a program of small steps: written by
 * sqlite_pattern.c, run by sqlite_match.c.
 *
 * The matcher follows all ways through the program at the same time, so its work is at most the
 * length of the text times the length of the program, whatever the pattern: nothing is tried twice.
 * Jumps are relative, so a repeated part is copied as it stands.
 * Invariant: a program ends with its only AM__RE_FOUND; jumps stay inside it.
 */
#ifndef AM_DRIVER_SQLITE_PATTERN_H
#define AM_DRIVER_SQLITE_PATTERN_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum am__re_op {
  AM__RE_CHAR,   /* the character `a` */
  AM__RE_CLASS,  /* one of the class number `a` */
  AM__RE_ANY,    /* any character; without `flag` no line feed */
  AM__RE_SPLIT,  /* go on at `a` and at `b` */
  AM__RE_JUMP,   /* go on at `a` */
  AM__RE_START,  /* ^: nothing stands before; with `flag` a line feed may */
  AM__RE_END,    /* $: nothing but a last line feed follows; with `flag` any line feed may */
  AM__RE_FINISH, /* \Z: nothing follows */
  AM__RE_BORDER, /* \b: the border of a word; with `flag` \B */
  AM__RE_FOUND,
} am__re_op;

typedef struct am__re_step {
  uint8_t op;
  bool flag; /* of CHAR and CLASS: upper and lower case are the same */
  int32_t a, b;
} am__re_step;

enum {
  AM__RE_DIGIT = 1,
  AM__RE_WORD = 2,
  AM__RE_SPACE = 4,
  AM__RE_NOT_DIGIT = 8,
  AM__RE_NOT_WORD = 16,
  AM__RE_NOT_SPACE = 32,
};

typedef struct am__re_range {
  uint32_t low, high;
} am__re_range;

typedef struct am__re_class {
  uint32_t first, count; /* its ranges, in order and apart from each other */
  uint8_t kinds;         /* AM__RE_DIGIT ... */
  bool negated;
} am__re_class;

/* Owns its arrays. */
typedef struct am__re {
  am__re_step *steps;
  am__re_class *classes;
  am__re_range *ranges;
  uint32_t step_count, class_count, range_count;
  uint32_t step_room, class_room, range_room;
  locale_t locale; /* borrowed, for letters beyond ASCII; 0 = none are known */
} am__re;

/* Reads a pattern. False with *out_problem set (a constant), or NULL there for want of memory; the
 * program is to be released in any case. */
bool am__re_compile(am__re *re, const char *pattern, size_t size, locale_t locale,
                    const char **out_problem);
void am__re_deinit(am__re *re);

typedef enum am__re_result {
  AM__RE_MISS,
  AM__RE_HIT,
  AM__RE_STOPPED, /* `stop` said so */
  AM__RE_NO_MEMORY,
} am__re_result;

/* Is the pattern found anywhere in the text? `stop` is asked from time to time. */
am__re_result am__re_search(const am__re *re, const char *text, size_t size,
                            bool (*stop)(void *context), void *context);

/* The character at *at, which moves behind it. A byte that is not UTF-8 is a character of its own
 * (as Python's surrogateescape has it). */
uint32_t am__re_next(const char **at, const char *end);
uint32_t am__re_fold(const am__re *re, uint32_t c);
bool am__re_in_class(const am__re *re, const am__re_class *set, uint32_t c, bool fold);
bool am__re_is_word(const am__re *re, uint32_t c);

#endif
