/* am.decimal: the userdata of exact decimals. Arithmetic mixes with integers and refuses floats. */
#include <math.h>
#include <stdio.h>

#include "bind/value.h"

/* The decimal at `index`, or the integer there, put into `room`; NULL for anything else. */
static const am_decimal *operand(lua_State *L, int index, am_decimal_result *room)
{
  const am_decimal *d = am_test_decimal(L, index);
  int64_t whole;
  if (d != NULL) return d;
  if (!am_to_int64(L, index, &whole)) return NULL;
  am_decimal_from_int64(whole, room);
  return &room->value;
}

static const am_decimal *self(lua_State *L) { return am_value_check(L, 1, AM_VALUE_DECIMAL); }

static int push_result(lua_State *L, bool ok, const am_decimal_result *result, am_error *err)
{
  if (!ok) return am_raise(L, err);
  am_push_decimal(L, &result->value);
  return 1;
}

static int binary(lua_State *L, am_decimal_binary *op, const char *event, const char *verb)
{
  am_decimal_result room_a, room_b, result;
  const am_decimal *a = operand(L, 1, &room_a), *b = operand(L, 2, &room_b);
  if (a == NULL || b == NULL) return am_value_delegate(L, event, verb);
  am_error err = AM_ERROR_INIT;
  return push_result(L, op(a, b, &result, &err), &result, &err);
}

static int meta_add(lua_State *L) { return binary(L, am_decimal_add, "__add", "add"); }
static int meta_sub(lua_State *L) { return binary(L, am_decimal_subtract, "__sub", "subtract"); }
static int meta_mul(lua_State *L) { return binary(L, am_decimal_multiply, "__mul", "multiply"); }
static int meta_div(lua_State *L) { return binary(L, am_decimal_divide, "__div", "divide"); }
static int meta_pow(lua_State *L)
{
  return binary(L, am_decimal_power, "__pow", "raise to a power");
}
static int meta_mod(lua_State *L)
{
  return binary(L, am_decimal_remainder, "__mod", "take the remainder of");
}
static int meta_idiv(lua_State *L)
{
  return binary(L, am_decimal_divide_integer, "__idiv", "divide");
}

static int meta_unm(lua_State *L)
{
  am_decimal_result result;
  am_error err = AM_ERROR_INIT;
  return push_result(L, am_decimal_plus(self(L), true, &result, &err), &result, &err);
}

static int method_plus(lua_State *L)
{
  am_decimal_result result;
  am_error err = AM_ERROR_INIT;
  return push_result(L, am_decimal_plus(self(L), false, &result, &err), &result, &err);
}

static int method_abs(lua_State *L)
{
  am_decimal_result result;
  am_error err = AM_ERROR_INIT;
  return push_result(L, am_decimal_abs(self(L), &result, &err), &result, &err);
}

static int method_sqrt(lua_State *L)
{
  am_decimal_result result;
  am_error err = AM_ERROR_INIT;
  return push_result(L, am_decimal_sqrt(self(L), &result, &err), &result, &err);
}

static int method_normalize(lua_State *L)
{
  am_decimal_result result;
  am_error err = AM_ERROR_INIT;
  return push_result(L, am_decimal_normalize(self(L), &result, &err), &result, &err);
}

static int meta_eq(lua_State *L)
{
  am_decimal_result room_a, room_b;
  const am_decimal *a = operand(L, 1, &room_a), *b = operand(L, 2, &room_b);
  lua_pushboolean(L, a != NULL && b != NULL && am_decimal_equal(a, b));
  return 1;
}

static int order(lua_State *L, const char *event)
{
  am_decimal_result room_a, room_b;
  const am_decimal *a = operand(L, 1, &room_a), *b = operand(L, 2, &room_b);
  am_error err = AM_ERROR_INIT;
  int result = 0;
  if (a == NULL || b == NULL) am_value_delegate(L, event, "compare");
  else if (!am_decimal_compare(a, b, &result, &err)) am_raise(L, &err);
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

/* d:compare(other) → -1, 0 or 1. */
static int method_compare(lua_State *L)
{
  lua_pushinteger(L, order(L, "compare"));
  return 1;
}

static int push_text(lua_State *L, void (*print)(const am_decimal *, am_strbuf *))
{
  const am_decimal *d = self(L);
  am_strbuf text = AM_STRBUF_INIT;
  print(d, &text);
  am_push_strbuf(L, &text);
  return 1;
}

static int meta_tostring(lua_State *L) { return push_text(L, am_decimal_print); }
static int method_to_plain(lua_State *L) { return push_text(L, am_decimal_print_plain); }

static int method_tonumber(lua_State *L)
{
  lua_pushnumber(L, (lua_Number)am_decimal_to_double(self(L)));
  return 1;
}

/* d:tointeger() → the integer after truncation, as Python's int(). */
static int method_tointeger(lua_State *L)
{
  int64_t whole;
  if (!am_decimal_truncate_to_int64(self(L), &whole)) {
    meta_tostring(L);
    return am_raisef(L, AM_ERR_ARGUMENT,
                     "decimal %s has no 64-bit integer; use :to_integral_value() or :tonumber()",
                     lua_tostring(L, -1));
  }
  am_push_int64(L, whole);
  return 1;
}

static am_rounding check_rounding(lua_State *L, int arg)
{
  static const char *const names[] = {"ROUND_HALF_EVEN", "ROUND_HALF_UP", "ROUND_HALF_DOWN",
                                      "ROUND_UP",        "ROUND_DOWN",    "ROUND_CEILING",
                                      "ROUND_FLOOR"};
  if (lua_isnoneornil(L, arg)) return AM_ROUND_HALF_EVEN;
  const char *name = lua_tostring(L, arg);
  for (int i = 0; name != NULL && i < 7; i++)
    if (strcmp(name, names[i]) == 0) return (am_rounding)i;
  const char *nearest = name != NULL ? am_nearest_name(name, names, 7) : NULL;
  am_raisef(L, AM_ERR_ARGUMENT, "unknown rounding '%s'; did you mean '%s'?",
            name != NULL ? name : luaL_typename(L, arg),
            nearest != NULL ? nearest : "ROUND_HALF_EVEN");
  return AM_ROUND_HALF_EVEN;
}

static int quantize(lua_State *L, int64_t exponent, am_rounding rounding)
{
  am_decimal_result result;
  am_error err = AM_ERROR_INIT;
  if (exponent < INT32_MIN / 2 || exponent > INT32_MAX / 2)
    return am_raisef(L, AM_ERR_ARGUMENT, "cannot round to 10^%lld; use fewer digits",
                     (long long)exponent);
  bool ok = am_decimal_quantize(self(L), (int32_t)exponent, rounding, &result, &err);
  return push_result(L, ok, &result, &err);
}

/* d:quantize(am.decimal("0.01"), "ROUND_HALF_UP") */
static int method_quantize(lua_State *L)
{
  am_decimal_result room;
  lua_settop(L, 3);
  const am_decimal *like = operand(L, 2, &room);
  if (like == NULL && lua_type(L, 2) == LUA_TSTRING) {
    size_t size;
    const char *text = lua_tolstring(L, 2, &size);
    am_error err = AM_ERROR_INIT;
    if (!am_push_decimal_text(L, text, size, &err)) return am_raise(L, &err);
    like = am_test_decimal(L, -1);
  }
  if (like != NULL && like->kind != AM_DECIMAL_FINITE) {
    /* As in Python: NaN is contagious, and only Infinity goes with Infinity. */
    bool nan = like->kind == AM_DECIMAL_NAN && self(L)->kind != AM_DECIMAL_NAN;
    if (nan || self(L)->kind == like->kind) {
      lua_pushvalue(L, nan ? 2 : 1);
      return 1;
    }
  }
  if (like == NULL || like->kind != AM_DECIMAL_FINITE)
    return am_raisef(L, AM_ERR_ARGUMENT,
                     "quantize: expected a finite decimal such as am.decimal(\"0.01\"), got %s",
                     luaL_typename(L, 2));
  return quantize(L, like->exponent, check_rounding(L, 3));
}

/* d:round(digits, rounding): digits after the point, 0 by default. */
static int method_round(lua_State *L)
{
  int64_t digits = 0;
  if (!lua_isnoneornil(L, 2) && !am_to_whole(L, 2, &digits))
    return am_raisef(L, AM_ERR_ARGUMENT, "round: digits must be a whole number, got %s",
                     luaL_typename(L, 2));
  return quantize(L, -digits, check_rounding(L, 3));
}

static int method_to_integral(lua_State *L)
{
  const am_decimal *d = self(L);
  if (d->kind != AM_DECIMAL_FINITE || d->exponent >= 0) {
    lua_settop(L, 1);
    return 1;
  }
  return quantize(L, 0, check_rounding(L, 2));
}

static int method_is_nan(lua_State *L)
{
  lua_pushboolean(L, self(L)->kind == AM_DECIMAL_NAN);
  return 1;
}

static int method_is_infinite(lua_State *L)
{
  lua_pushboolean(L, self(L)->kind == AM_DECIMAL_INFINITE);
  return 1;
}

static int method_is_finite(lua_State *L)
{
  lua_pushboolean(L, self(L)->kind == AM_DECIMAL_FINITE);
  return 1;
}

static int method_is_signed(lua_State *L)
{
  lua_pushboolean(L, self(L)->negative);
  return 1;
}

static int method_is_zero(lua_State *L)
{
  lua_pushboolean(L, am_decimal_is_zero(self(L)));
  return 1;
}

static int method_adjusted(lua_State *L)
{
  const am_decimal *d = self(L);
  lua_pushinteger(L, d->kind == AM_DECIMAL_FINITE ? (lua_Integer)am_decimal_adjusted(d) : 0);
  return 1;
}

/* The same number with another sign, exact. */
static int copy_sign(lua_State *L, bool negative)
{
  const am_decimal *d = self(L);
  size_t size = am_decimal_size(d);
  am_decimal *copy = memcpy(am_value_new(L, AM_VALUE_DECIMAL, size), d, size);
  copy->negative = negative;
  return 1;
}

static int method_copy_abs(lua_State *L) { return copy_sign(L, false); }
static int method_copy_negate(lua_State *L) { return copy_sign(L, !self(L)->negative); }

static int pick(lua_State *L, int sign)
{
  int chosen = order(L, "compare") * sign >= 0 ? 1 : 2;
  am_decimal_result room, result;
  am_error err = AM_ERROR_INIT;
  const am_decimal *d = operand(L, chosen, &room);
  return push_result(L, am_decimal_plus(d, false, &result, &err), &result, &err);
}

static int method_max(lua_State *L) { return pick(L, 1); }
static int method_min(lua_State *L) { return pick(L, -1); }

static void get_field(lua_State *L, const void *block, int id)
{
  const am_decimal *d = block;
  (void)id;
  lua_pushinteger(L, d->exponent);
}

/* am.decimal(text | integer | decimal) */
static int construct(lua_State *L)
{
  am_decimal_result room;
  am_error err = AM_ERROR_INIT;
  if (am_test_decimal(L, 2) != NULL) {
    lua_pushvalue(L, 2);
    return 1;
  }
  const am_decimal *d = operand(L, 2, &room);
  if (d != NULL) {
    am_push_decimal(L, d);
    return 1;
  }
  if (lua_type(L, 2) == LUA_TSTRING) {
    size_t size;
    const char *text = lua_tolstring(L, 2, &size);
    return am_push_decimal_text(L, text, size, &err) ? 1 : am_raise(L, &err);
  }
  if (lua_type(L, 2) == LUA_TNUMBER)
    return am_raisef(L, AM_ERR_ARGUMENT,
                     "am.decimal(%.17g): a float is not exact; pass a string, or use "
                     "am.decimal.from_float",
                     (double)lua_tonumber(L, 2));
  return am_raisef(L, AM_ERR_ARGUMENT,
                   "am.decimal: expected a string, an integer or a decimal, got %s",
                   luaL_typename(L, 2));
}

/* am.decimal.from_float(x): every binary digit of x. */
static int from_float(lua_State *L)
{
  if (lua_type(L, 1) != LUA_TNUMBER)
    return am_raisef(L, AM_ERR_ARGUMENT, "from_float: expected a number, got %s",
                     luaL_typename(L, 1));
  double x = (double)lua_tonumber(L, 1);
  char text[1200];
  if (isnan(x)) snprintf(text, sizeof text, "NaN");
  else snprintf(text, sizeof text, "%.800g", x);
  for (char *c = text; *c != '\0'; c++)
    if (*c == ',') *c = '.'; /* the locale's point */
  am_error err = AM_ERROR_INIT;
  return am_push_decimal_text(L, text, strlen(text), &err) ? 1 : am_raise(L, &err);
}

static const luaL_Reg metamethods[] = {
    {"__add", meta_add}, {"__sub", meta_sub}, {"__mul", meta_mul},   {"__div", meta_div},
    {"__mod", meta_mod}, {"__pow", meta_pow}, {"__idiv", meta_idiv}, {"__unm", meta_unm},
    {"__eq", meta_eq},   {"__lt", meta_lt},   {"__le", meta_le},     {"__tostring", meta_tostring},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"abs", method_abs},
    {"plus", method_plus},
    {"sqrt", method_sqrt},
    {"pow", meta_pow},
    {"floordiv", meta_idiv},
    {"compare", method_compare},
    {"quantize", method_quantize},
    {"round", method_round},
    {"normalize", method_normalize},
    {"to_integral_value", method_to_integral},
    {"tonumber", method_tonumber},
    {"tointeger", method_tointeger},
    {"to_plain", method_to_plain},
    {"adjusted", method_adjusted},
    {"copy_abs", method_copy_abs},
    {"copy_negate", method_copy_negate},
    {"max", method_max},
    {"min", method_min},
    {"is_nan", method_is_nan},
    {"is_infinite", method_is_infinite},
    {"is_finite", method_is_finite},
    {"is_signed", method_is_signed},
    {"is_zero", method_is_zero},
    {NULL, NULL},
};

static const am_value_field fields[] = {{"exponent", 1}, {NULL, 0}};
static const luaL_Reg statics[] = {
    {"from_float", from_float},
    {NULL, NULL},
};
static const am_value_class decimal_class = {AM_VALUE_DECIMAL, metamethods, methods,  fields,
                                             construct,        statics,     get_field};

void am_bind_decimal(lua_State *L) { am_value_class_make(L, &decimal_class); }
