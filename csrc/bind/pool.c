/* Pools and leases as userdata. core.pool_new(options), core.clock().
 *
 * A lease userdata owns its am_lease: when it is collected without having been returned, the pool
 * reclaims the slot. The connection itself lives in a connection box (bind/dbconn.h) while it is
 * out; give_back moves it into the pool, take out of it.
 */
#include "engine/pool.h"
#include "bind/dbconn.h"
#include "engine/clock.h"

static const char pool_class[] = "alchemoon.core.pool";
static const char lease_class[] = "alchemoon.core.lease";

static am_pool *check_pool(lua_State *L)
{
  am_pool **box = am_check_class(L, 1, pool_class);
  if (*box == NULL) am_raisef(L, AM_ERR_INVALID_REQUEST, "the pool is closed");
  return *box;
}

static am_lease *check_lease(lua_State *L)
{
  am_lease **box = am_check_class(L, 1, lease_class);
  if (*box == NULL) am_raisef(L, AM_ERR_INVALID_REQUEST, "the lease is over");
  return *box;
}

static double get_number(lua_State *L, const char *name, double otherwise)
{
  lua_getfield(L, 1, name);
  double value = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
  lua_pop(L, 1);
  return value;
}

static const char *get_text(lua_State *L, const char *name) /* stays anchored in the table */
{
  lua_getfield(L, 1, name);
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  lua_pop(L, 1);
  return text;
}

/* The place of a pool's kind in the order of am_pool_kind; nil is a queue. */
static int check_kind(lua_State *L, int index)
{
  static const char *const kinds[] = {"queue", "null", "static", "singleton"};
  const char *name = am_opt_string(L, index, kinds[0]);
  for (int i = 0; i < (int)(sizeof kinds / sizeof *kinds); i++)
    if (strcmp(name, kinds[i]) == 0) return i;
  return am_raisef(L, AM_ERR_ARGUMENT,
                   "pool: unknown kind '%s'; use queue, null, static or singleton", name);
}

/* pool_new{ kind = "queue" | "null" | "static" | "singleton", size =, max_overflow =, recycle =,
 * lifo =, name =, key = } → pool; with a name the process's pool of that name. */
static int pool_new(lua_State *L)
{
  am_check_type(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  am_pool_options options;
  lua_getfield(L, 1, "kind");
  options.kind = (am_pool_kind)check_kind(L, 2);
  options.size = (int)get_number(L, "size", 5);
  options.max_overflow = (int)get_number(L, "max_overflow", 10);
  options.recycle_seconds = get_number(L, "recycle", -1);
  lua_getfield(L, 1, "lifo");
  options.use_lifo = lua_toboolean(L, -1);
  const char *name = get_text(L, "name"), *key = get_text(L, "key");
  am_pool **box = am_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, pool_class);
  lua_setmetatable(L, -2);
  am_error err = AM_ERROR_INIT;
  *box = name != NULL ? am_pool_shared(name, key != NULL ? key : "", &options, &err)
                      : am_pool_new(&options, &err);
  if (*box == NULL) return am_raise(L, &err);
  return 1;
}

static int pool_gc(lua_State *L)
{
  am_pool **box = am_check_class(L, 1, pool_class);
  am_pool *pool = *box;
  *box = NULL;
  am_pool_unref(pool);
  return 0;
}

static int pool_checkout(lua_State *L)
{
  am_pool *pool = check_pool(L);
  am_lease **box = am_newuserdata(L, sizeof *box);
  *box = NULL;
  luaL_getmetatable(L, lease_class);
  lua_setmetatable(L, -2);
  am_error err = AM_ERROR_INIT;
  *box = am_pool_checkout(pool, &err);
  if (*box == NULL) return am_raise(L, &err);
  return 1;
}

/* pool:counts() → size, checkedin, checkedout, overflow, waiting, lost */
static int pool_counts(lua_State *L)
{
  am_pool_counts counts;
  am_pool_count(check_pool(L), &counts);
  lua_pushinteger(L, counts.size);
  lua_pushinteger(L, counts.checkedin);
  lua_pushinteger(L, counts.checkedout);
  lua_pushinteger(L, counts.overflow);
  lua_pushinteger(L, counts.waiting);
  am_push_int64(L, (int64_t)counts.lost);
  return 6;
}

static int pool_invalidate(lua_State *L)
{
  am_pool_invalidate(check_pool(L));
  return 0;
}

static int pool_dispose(lua_State *L)
{
  am_pool_dispose(check_pool(L));
  return 0;
}

/* The box at `index` in which a connection was given back, to be filled again: so a program meets
 * the same object at each checkout. NULL if there is none, or if it is in use. */
static am_dbconn_box *former_box(lua_State *L, int index)
{
  am_dbconn_box *box = am_test_class(L, index, AM_CLASS_DBCONN);
  return box != NULL && box->conn == NULL ? box : NULL;
}

/* pool:take_idle(boxes by record id) → connection box, record id; nothing when none is idle */
static int pool_take_idle(lua_State *L)
{
  am_pool *pool = check_pool(L);
  am_check_type(L, 2, LUA_TTABLE);
  am_dbconn_box *box = am_dbconn_new(L);
  uint64_t id;
  am_dbconn *conn = am_pool_take_idle(pool, &id);
  if (conn == NULL) return 0;
  am_dbconn_give(box, conn, true);
  am_push_int64(L, (int64_t)id);
  lua_pushvalue(L, -1);
  lua_rawget(L, 2);
  am_dbconn_box *former = former_box(L, -1);
  if (former == NULL) {
    lua_pop(L, 1);
    return 2;
  }
  am_dbconn_give(former, am_dbconn_take(box), true);
  lua_insert(L, -2);
  return 2;
}

static int lease_gc(lua_State *L)
{
  am_lease **box = am_check_class(L, 1, lease_class);
  am_lease *lease = *box;
  *box = NULL;
  am_lease_free(lease);
  return 0;
}

/* lease:state() → "ready" | "create" | "wait" | "over" */
static int lease_state(lua_State *L)
{
  static const char *const words[] = {"ready", "create", "wait", "over"};
  lua_pushstring(L, words[am_lease_poll(check_lease(L))]);
  return 1;
}

static int lease_fd(lua_State *L)
{
  am_error err = AM_ERROR_INIT;
  int fd = am_lease_fd(check_lease(L), &err);
  if (fd < 0) return am_raise(L, &err);
  lua_pushinteger(L, fd);
  return 1;
}

/* lease:wait(seconds) → true if it left the queue; blocks */
static int lease_wait(lua_State *L)
{
  lua_pushboolean(L, am_lease_wait(check_lease(L), am_check_number(L, 2)));
  return 1;
}

/* lease:stale() → nil, or why the connection must be replaced */
static int lease_stale(lua_State *L)
{
  static const char *const words[] = {NULL, "recycle", "invalid", "soft", "dirty"};
  am_stale stale = am_lease_stale(check_lease(L));
  if (stale == AM_STALE_NO) return 0;
  lua_pushstring(L, words[stale]);
  return 1;
}

/* lease:take(former box or nil) → connection box, or nothing when the pool shares one connection */
static int lease_take(lua_State *L)
{
  am_lease *lease = check_lease(L);
  lua_settop(L, 2);
  am_dbconn_box *box = former_box(L, 2);
  if (box == NULL) box = am_dbconn_new(L);
  am_dbconn *conn = am_lease_take(lease);
  if (conn == NULL) return 0;
  am_dbconn_give(box, conn, true);
  return 1;
}

static int lease_opened(lua_State *L)
{
  am_lease_opened(check_lease(L));
  return 0;
}

static int lease_record_id(lua_State *L)
{
  am_push_int64(L, (int64_t)am_lease_record_id(check_lease(L)));
  return 1;
}

static int lease_forked(lua_State *L)
{
  lua_pushboolean(L, am_lease_forked(check_lease(L)));
  return 1;
}

static int lease_sharers(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)am_lease_sharers(check_lease(L)));
  return 1;
}

static int lease_soft_invalidate(lua_State *L)
{
  am_lease_soft_invalidate(check_lease(L));
  return 0;
}

static int lease_invalidate_pool(lua_State *L)
{
  am_lease_invalidate_pool(check_lease(L));
  return 0;
}

/* lease:give_back(connection or nil) → true: the pool has it; false: it is in its box again and the
 * caller's to close */
static int lease_give_back(lua_State *L)
{
  am_lease *lease = check_lease(L);
  am_dbconn_box *box = lua_isnoneornil(L, 2) ? NULL : am_dbconn_check(L, 2, false);
  am_dbconn *conn = box != NULL ? am_dbconn_take(box) : NULL;
  bool kept = am_lease_return(lease, conn);
  if (!kept && conn != NULL) am_dbconn_give(box, conn, true);
  lua_pushboolean(L, kept);
  return 1;
}

/* lease:outdated() → true: the pool was disposed of since the checkout */
static int lease_outdated(lua_State *L)
{
  lua_pushboolean(L, am_lease_outdated(check_lease(L)));
  return 1;
}

/* lease:drop(keep_record) → true: the pool kept the record, empty */
static int lease_drop(lua_State *L)
{
  lua_pushboolean(L, am_lease_drop(check_lease(L), lua_toboolean(L, 2)));
  return 1;
}

/* clock() → seconds since 1970, seconds of a clock that is never set back */
static int clock_now(lua_State *L)
{
  lua_pushnumber(L, (lua_Number)am_clock_real());
  lua_pushnumber(L, (lua_Number)am_clock_monotonic());
  return 2;
}

void am_bind_pool(lua_State *L)
{
  static const luaL_Reg pool_meta[] = {
      {"__gc", pool_gc},
      {NULL, NULL},
  };
  static const luaL_Reg pool_methods[] = {
      {"checkout", pool_checkout}, {"counts", pool_counts},       {"invalidate", pool_invalidate},
      {"dispose", pool_dispose},   {"take_idle", pool_take_idle}, {NULL, NULL},
  };
  static const luaL_Reg lease_meta[] = {
      {"__gc", lease_gc},
      {NULL, NULL},
  };
  static const luaL_Reg lease_methods[] = {
      {"state", lease_state},
      {"fd", lease_fd},
      {"wait", lease_wait},
      {"stale", lease_stale},
      {"take", lease_take},
      {"opened", lease_opened},
      {"record_id", lease_record_id},
      {"forked", lease_forked},
      {"outdated", lease_outdated},
      {"sharers", lease_sharers},
      {"soft_invalidate", lease_soft_invalidate},
      {"invalidate_pool", lease_invalidate_pool},
      {"give_back", lease_give_back},
      {"drop", lease_drop},
      {"free", lease_gc},
      {NULL, NULL},
  };
  am_new_class(L, pool_class, pool_meta, pool_methods);
  am_new_class(L, lease_class, lease_meta, lease_methods);
  lua_pop(L, 2);
  lua_pushcfunction(L, pool_new);
  lua_setfield(L, -2, "pool_new");
  lua_pushcfunction(L, clock_now);
  lua_setfield(L, -2, "clock");
}
