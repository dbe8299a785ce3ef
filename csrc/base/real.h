/* Floating point numbers as text, with a point whatever the locale of the process says: a program
 * that calls setlocale must not change what reaches the database, or what is read from it. */
#ifndef AM_BASE_REAL_H
#define AM_BASE_REAL_H

enum { AM_REAL_TEXT = 40 };

/* The shortest form with that many significant digits or more that reads back as the same
 * number. */
void am_real_print(double value, int digits, char out[AM_REAL_TEXT]);
/* The same for a database: NaN, Infinity and -Infinity have names. */
void am_real_spell(double value, int digits, char out[AM_REAL_TEXT]);
/* strtod. */
double am_real_read(const char *text, char **out_end);
/* Puts a point where the locale of the process had printf write something else. */
void am_real_point(char *text);

#endif
