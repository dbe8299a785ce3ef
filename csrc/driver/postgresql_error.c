/* PostgreSQL's errors as ours: classes by SQLSTATE as psycopg2 sorts them, the message as libpq
 * prints it (with DETAIL, HINT and position) without the leading severity. */
#include <string.h>

#include "driver/postgresql_private.h"

/* First letter of the SQLSTATE, letters that may follow, class. First match wins. */
static const struct {
  char first;
  const char *second;
  am_error_class cls;
} classes[] = {
    {'0', "8", AM_ERR_OPERATIONAL},      /* connection exception */
    {'0', "A", AM_ERR_NOT_SUPPORTED},    /* feature not supported */
    {'2', "01", AM_ERR_PROGRAMMING},     /* case not found, cardinality */
    {'2', "2", AM_ERR_DATA},             /* data exception */
    {'2', "3", AM_ERR_INTEGRITY},        /* integrity constraint */
    {'2', "45BDF", AM_ERR_INTERNAL},     /* cursor and transaction state */
    {'2', "678", AM_ERR_OPERATIONAL},    /* statement name, trigger, authorization */
    {'3', "4", AM_ERR_OPERATIONAL},      /* cursor name */
    {'3', "89B", AM_ERR_INTERNAL},       /* external routine, savepoint */
    {'3', "DF", AM_ERR_PROGRAMMING},     /* catalog and schema name */
    {'4', "0", AM_ERR_OPERATIONAL},      /* transaction rollback: deadlock, serialization */
    {'4', "24", AM_ERR_PROGRAMMING},     /* syntax, access rule, WITH CHECK OPTION */
    {'5', "345678", AM_ERR_OPERATIONAL}, /* resources, limits, intervention, system */
    {'F', "0", AM_ERR_INTERNAL},         /* configuration file */
    {'H', "V", AM_ERR_OPERATIONAL},      /* foreign data wrapper */
    {'P', "0", AM_ERR_INTERNAL},         /* PL/pgSQL */
    {'X', "X", AM_ERR_INTERNAL},
};

static am_error_class class_of(const char *sqlstate)
{
  /* "bind message supplies 1 parameters, but ... requires 2": the caller's mistake. */
  if (strcmp(sqlstate, "08P01") == 0) return AM_ERR_PROGRAMMING;
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    if (sqlstate[0] == classes[i].first && sqlstate[1] != '\0' &&
        strchr(classes[i].second, sqlstate[1]) != NULL)
      return classes[i].cls;
  return AM_ERR_DATABASE;
}

/* Sets class and message, line ends at the end cut off. */
static void set(am_error *err, am_error_class cls, const char *message)
{
  size_t size = strlen(message);
  while (size > 0 && (message[size - 1] == '\n' || message[size - 1] == ' ')) size--;
  am_error_set(err, cls, "%.*s", (int)size, message);
}

void am__pg_error_result(am__pg_conn *conn, const PGresult *result, am_error *err)
{
  if (err->cls != AM_ERR_NONE) return;
  const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY);
  const char *message = PQresultErrorMessage(result);
  bool lost = PQstatus(conn->pg) == CONNECTION_BAD;
  if (sqlstate == NULL) { /* made by libpq: a protocol error or a lost connection */
    if (message[0] == '\0') message = PQerrorMessage(conn->pg);
    set(err, AM_ERR_OPERATIONAL, message[0] != '\0' ? message : "the connection is lost");
    err->disconnect = lost;
    return;
  }
  size_t skip = severity != NULL ? strlen(severity) : 0;
  if (skip > 0 && strncmp(message, severity, skip) == 0 && message[skip] == ':')
    message += skip + 1 + strspn(message + skip + 1, " ");
  const char *rank = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  bool fatal = rank != NULL && (strcmp(rank, "FATAL") == 0 || strcmp(rank, "PANIC") == 0);
  /* A session that ended is the same to its user whatever ended it: idle in a transaction too long,
   * say. */
  set(err, fatal ? AM_ERR_OPERATIONAL : class_of(sqlstate), message);
  memcpy(err->sqlstate, sqlstate, 5);
  err->sqlstate[5] = '\0';
  err->disconnect = lost || fatal;
}

am_step am__pg_error_conn(am__pg_conn *conn, am_error *err)
{
  const char *message = PQerrorMessage(conn->pg);
  if (err->cls != AM_ERR_NONE) return AM_STEP_ERROR;
  set(err, AM_ERR_OPERATIONAL, message[0] != '\0' ? message : "the connection is lost");
  err->disconnect = PQstatus(conn->pg) == CONNECTION_BAD;
  return AM_STEP_ERROR;
}

am_step am__pg_error_lost(am__pg_conn *conn, am_error *err)
{
  am__pg_error_conn(conn, err);
  conn->broken = err->disconnect = true;
  return AM_STEP_ERROR;
}
