/* am.datetime: the userdata of moments, naive or with an offset. */
#include "bind/value_temporal.h"

static const am_datetime *self(lua_State *L) { return am_value_check(L, 1, AM_VALUE_DATETIME); }

static int push_datetime(lua_State *L, bool ok, am_datetime moment, am_error *err)
{
  if (!ok) return am_raise(L, err);
  am_push_datetime(L, moment);
  return 1;
}

static bool make(const int64_t *v, am_datetime *out, am_error *err)
{
  return am_date_make(v[0], v[1], v[2], &out->date, err) &&
         am_time_make(v[3], v[4], v[5], v[6], v[7], &out->time, err);
}

/* am.datetime(year, month, day, hour, minute, second, microsecond, tzoffset), or one table. */
static int construct(lua_State *L)
{
  int64_t v[AM_FIELD_COUNT];
  am_time_arguments(L, "am.datetime", 2, 0, AM_FIELD_COUNT, 3, v);
  am_datetime moment;
  am_error err = AM_ERROR_INIT;
  if (!make(v, &moment, &err))
    return am_time_refuse(L, "am.datetime", v, v[7] == AM_NO_OFFSET ? 7 : 8, &err);
  am_push_datetime(L, moment);
  return 1;
}

static int parse(lua_State *L)
{
  size_t size;
  const char *text = am_check_text(L, 1, "am.datetime.parse", &size);
  am_error err = AM_ERROR_INIT;
  return am_push_datetime_text(L, text, size, &err) ? 1 : am_raise(L, &err);
}

/* now(tzoffset): naive local time without an offset. */
static int now(lua_State *L)
{
  am_datetime moment = {0};
  am_error err = AM_ERROR_INIT;
  bool ok = am_datetime_now(am_check_offset(L, 1, "am.datetime.now"), &moment, &err);
  return push_datetime(L, ok, moment, &err);
}

static int utcnow(lua_State *L)
{
  am_datetime moment = {0};
  am_error err = AM_ERROR_INIT;
  bool ok = am_datetime_now(0, &moment, &err);
  moment.time.tzoffset = AM_NO_OFFSET;
  return push_datetime(L, ok, moment, &err);
}

static int fromtimestamp(lua_State *L)
{
  am_datetime moment = {0};
  am_error err = AM_ERROR_INIT;
  int32_t offset = am_check_offset(L, 2, "am.datetime.fromtimestamp");
  return push_datetime(L, am_check_epoch(L, 1, offset, &moment, &err), moment, &err);
}

static int utcfromtimestamp(lua_State *L)
{
  am_datetime moment = {0};
  am_error err = AM_ERROR_INIT;
  bool ok = am_check_epoch(L, 1, 0, &moment, &err);
  moment.time.tzoffset = AM_NO_OFFSET;
  return push_datetime(L, ok, moment, &err);
}

static int fromordinal(lua_State *L)
{
  int64_t ordinal = am_check_whole(L, 1, "am.datetime.fromordinal");
  am_datetime moment = {{0}, {0, AM_NO_OFFSET, 0, 0, 0}};
  if (ordinal >= 4000000 || !am_date_from_days(ordinal - 719163, &moment.date))
    return am_raisef(L, AM_ERR_ARGUMENT, "ordinal %lld is not in 1..3652059", (long long)ordinal);
  am_push_datetime(L, moment);
  return 1;
}

/* combine(date, time): the date may be a datetime, whose time is ignored. */
static int combine(lua_State *L)
{
  const am_date *date = am_test_date(L, 1);
  const am_datetime *moment = am_test_datetime(L, 1);
  const am_time *time = am_test_time(L, 2);
  if ((date == NULL && moment == NULL) || time == NULL)
    return am_raisef(L, AM_ERR_ARGUMENT,
                     "am.datetime.combine: expected an am.date and an am.time, got %s and %s",
                     luaL_typename(L, 1), luaL_typename(L, 2));
  am_push_datetime(L, (am_datetime){date != NULL ? *date : moment->date, *time});
  return 1;
}

static int meta_tostring(lua_State *L)
{
  char text[AM_TEMPORAL_TEXT];
  lua_pushlstring(L, text, am_datetime_print(*self(L), ' ', AM_TIMESPEC_AUTO, text));
  return 1;
}

/* dt:isoformat(sep, timespec), or dt:isoformat{ sep =, timespec = } */
static int method_isoformat(lua_State *L)
{
  am_datetime moment = *self(L);
  lua_settop(L, 3);
  if (lua_type(L, 2) == LUA_TTABLE) {
    lua_getfield(L, 2, "timespec");
    lua_replace(L, 3);
    lua_getfield(L, 2, "sep");
    lua_replace(L, 2);
  }
  size_t size = 1;
  const char *separator = lua_isnil(L, 2) ? "T" : am_check_text(L, 2, "isoformat", &size);
  if (size != 1)
    return am_raisef(L, AM_ERR_ARGUMENT, "isoformat: the separator must be one character, got '%s'",
                     separator);
  char text[AM_TEMPORAL_TEXT];
  lua_pushlstring(L, text, am_datetime_print(moment, *separator, am_check_timespec(L, 3), text));
  return 1;
}

static int shift(lua_State *L, int moment_at, int delta_at, int sign)
{
  am_datetime result = {0};
  am_error err = AM_ERROR_INIT;
  bool ok = am_datetime_add(*am_test_datetime(L, moment_at), *am_test_timedelta(L, delta_at), sign,
                            &result, &err);
  return push_datetime(L, ok, result, &err);
}

static int meta_add(lua_State *L)
{
  am_value_kind a = am_value_kind_at(L, 1), b = am_value_kind_at(L, 2);
  if (a == AM_VALUE_DATETIME && b == AM_VALUE_TIMEDELTA) return shift(L, 1, 2, 1);
  if (a == AM_VALUE_TIMEDELTA && b == AM_VALUE_DATETIME) return shift(L, 2, 1, 1);
  return am_value_delegate(L, "__add", "add");
}

static int meta_sub(lua_State *L)
{
  am_value_kind a = am_value_kind_at(L, 1), b = am_value_kind_at(L, 2);
  if (a == AM_VALUE_DATETIME && b == AM_VALUE_TIMEDELTA) return shift(L, 1, 2, -1);
  if (a != AM_VALUE_DATETIME || b != AM_VALUE_DATETIME)
    return am_value_delegate(L, "__sub", "subtract");
  am_timedelta delta = {0};
  am_error err = AM_ERROR_INIT;
  if (!am_datetime_difference(*am_test_datetime(L, 1), *am_test_datetime(L, 2), &delta, &err))
    return am_raise(L, &err);
  am_push_timedelta(L, delta);
  return 1;
}

static int meta_eq(lua_State *L)
{
  const am_datetime *a = am_test_datetime(L, 1), *b = am_test_datetime(L, 2);
  lua_pushboolean(L, a != NULL && b != NULL && am_datetime_equal(*a, *b));
  return 1;
}

static int order(lua_State *L, const char *event)
{
  const am_datetime *a = am_test_datetime(L, 1), *b = am_test_datetime(L, 2);
  am_error err = AM_ERROR_INIT;
  int result = 0;
  if (a == NULL || b == NULL) am_value_delegate(L, event, "compare");
  else if (!am_datetime_compare(*a, *b, &result, &err)) am_raise(L, &err);
  return result;
}

static int meta_lt(lua_State *L)
{
  lua_pushboolean(L, order(L, "__lt") < 0);
  return 1;
}

static int meta_le(lua_State *L)
{
  lua_pushboolean(L, order(L, "__le") <= 0);
  return 1;
}

static int replace(lua_State *L)
{
  am_datetime m = *self(L);
  int64_t v[AM_FIELD_COUNT] = {m.date.year,   m.date.month,  m.date.day,         m.time.hour,
                               m.time.minute, m.time.second, m.time.microsecond, m.time.tzoffset};
  am_time_replace(L, "am.datetime:replace", 0, AM_FIELD_COUNT, v);
  am_error err = AM_ERROR_INIT;
  return push_datetime(L, make(v, &m, &err), m, &err);
}

static int method_timestamp(lua_State *L)
{
  lua_pushnumber(L, (lua_Number)am_datetime_timestamp(*self(L)));
  return 1;
}

static int method_date(lua_State *L)
{
  am_push_date(L, self(L)->date);
  return 1;
}

static int method_time(lua_State *L)
{
  am_time time = self(L)->time;
  time.tzoffset = AM_NO_OFFSET;
  am_push_time(L, time);
  return 1;
}

static int method_timetz(lua_State *L)
{
  am_push_time(L, self(L)->time);
  return 1;
}

/* dt:astimezone(tzoffset): the same moment; local time without an argument. */
static int method_astimezone(lua_State *L)
{
  am_datetime moment = *self(L), result = {0};
  int32_t offset = am_check_offset(L, 2, "astimezone");
  am_error err = AM_ERROR_INIT;
  if (offset == AM_NO_OFFSET) {
    double seconds = am_datetime_timestamp(moment);
    am_datetime local;
    if (!am_datetime_from_double(seconds, AM_NO_OFFSET, &local, &err)) return am_raise(L, &err);
    offset = am_datetime_local_offset(local);
  }
  return push_datetime(L, am_datetime_shift_zone(moment, offset, &result, &err), result, &err);
}

static int method_utcoffset(lua_State *L) { return am_push_utcoffset(L, self(L)->time); }
static int method_tzname(lua_State *L) { return am_push_tzname(L, self(L)->time); }
static int method_strftime(lua_State *L) { return am_push_strftime(L, *self(L)); }
static int method_timetuple(lua_State *L) { return am_push_timetuple(L, *self(L)); }
static int method_weekday(lua_State *L) { return am_push_weekday(L, self(L)->date, 0); }
static int method_isoweekday(lua_State *L) { return am_push_weekday(L, self(L)->date, 1); }
static int method_isocalendar(lua_State *L) { return am_push_isocalendar(L, self(L)->date); }
static int method_toordinal(lua_State *L) { return am_push_ordinal(L, self(L)->date); }

static void get_field(lua_State *L, const void *block, int id)
{
  const am_datetime *m = block;
  if (id <= AM_FIELD_DAY) am_push_date_field(L, m->date, id);
  else am_push_time_field(L, m->time, id);
}

static const luaL_Reg metamethods[] = {
    {"__add", meta_add}, {"__sub", meta_sub},           {"__eq", meta_eq}, {"__lt", meta_lt},
    {"__le", meta_le},   {"__tostring", meta_tostring}, {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"isoformat", method_isoformat},
    {"replace", replace},
    {"timestamp", method_timestamp},
    {"date", method_date},
    {"time", method_time},
    {"timetz", method_timetz},
    {"astimezone", method_astimezone},
    {"utcoffset", method_utcoffset},
    {"tzname", method_tzname},
    {"strftime", method_strftime},
    {"timetuple", method_timetuple},
    {"weekday", method_weekday},
    {"isoweekday", method_isoweekday},
    {"isocalendar", method_isocalendar},
    {"toordinal", method_toordinal},
    {NULL, NULL},
};

static const am_value_field fields[] = {{"year", AM_FIELD_YEAR},
                                        {"month", AM_FIELD_MONTH},
                                        {"day", AM_FIELD_DAY},
                                        {"hour", AM_FIELD_HOUR},
                                        {"minute", AM_FIELD_MINUTE},
                                        {"second", AM_FIELD_SECOND},
                                        {"microsecond", AM_FIELD_MICROSECOND},
                                        {"tzoffset", AM_FIELD_TZOFFSET},
                                        {NULL, 0}};

static const luaL_Reg statics[] = {
    {"parse", parse},
    {"fromisoformat", parse},
    {"now", now},
    {"today", now},
    {"utcnow", utcnow},
    {"fromtimestamp", fromtimestamp},
    {"utcfromtimestamp", utcfromtimestamp},
    {"fromordinal", fromordinal},
    {"combine", combine},
    {NULL, NULL},
};

static const am_value_class datetime_class = {AM_VALUE_DATETIME, metamethods, methods,  fields,
                                              construct,         statics,     get_field};

void am_bind_datetime(lua_State *L) { am_value_class_make(L, &datetime_class); }
