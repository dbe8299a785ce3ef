/* SQL functions that every connection has: REGEXP (sqlite_regexp.c) and, where the library was
 * built without them, the mathematical functions that SQLite 3.35 and later can have built in. */
#include <math.h>

#include "driver/sqlite_private.h"

typedef struct real_function {
  const char *name;
  double (*call)(double);
} real_function;

static const real_function real_functions[] = {
    {"ceil", ceil},   {"ceiling", ceil}, {"floor", floor}, {"trunc", trunc},
    {"sqrt", sqrt},   {"exp", exp},      {"ln", log},      {"log", log10},
    {"log10", log10}, {"log2", log2},    {"sin", sin},     {"cos", cos},
    {"tan", tan},     {"asin", asin},    {"acos", acos},   {"atan", atan},
};

static void call_real(sqlite3_context *context, int count, sqlite3_value **values)
{
  (void)count;
  const real_function *function = sqlite3_user_data(context);
  int type = sqlite3_value_numeric_type(values[0]);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return; /* NULL, as the built-in ones */
  double result = function->call(sqlite3_value_double(values[0]));
  if (!isnan(result)) sqlite3_result_double(context, result);
}

static void call_power(sqlite3_context *context, int count, sqlite3_value **values)
{
  (void)count;
  for (int i = 0; i < 2; i++) {
    int type = sqlite3_value_numeric_type(values[i]);
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return;
  }
  double result = pow(sqlite3_value_double(values[0]), sqlite3_value_double(values[1]));
  if (!isnan(result)) sqlite3_result_double(context, result);
}

int am__sqlite_functions_add(am__sqlite_conn *conn)
{
  int rc = am__sqlite_regexp_add(conn);
  if (sqlite3_compileoption_used("ENABLE_MATH_FUNCTIONS")) return rc;
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  size_t count = sizeof real_functions / sizeof *real_functions;
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++)
    rc = sqlite3_create_function_v2(conn->db, real_functions[i].name, 1, flags,
                                    (void *)(uintptr_t)&real_functions[i], call_real, NULL, NULL,
                                    NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_create_function_v2(conn->db, "pow", 2, flags, NULL, call_power, NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc =
        sqlite3_create_function_v2(conn->db, "power", 2, flags, NULL, call_power, NULL, NULL, NULL);
  return rc;
}
