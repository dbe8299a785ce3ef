/* Faults on demand (AM_FAULTS builds): core.faults.core and core.faults.lua.
 *
 * core.faults.lua lets an allocation of the Lua state itself fail. Lua 5.4 answers a failure with
 * a full collection and asks again for the very same thing: that second request fails as well, else
 * nothing would be tested. Shrinking never fails, Lua relies on it. The wrapper stands between Lua
 * and its allocator only while a fault is set. */
#include "bind/fault.h"
#include "bind/bind.h"

#ifdef AM_FAULTS
typedef struct lua_fault {
  lua_Alloc real;
  void *real_ud;
  long fail_at;
  const void *again; /* block and size of the request that failed last */
  size_t again_size;
  bool failed;
} lua_fault;

/* lint: fault builds only, per thread */
static _Thread_local lua_fault fault;

static void *failing_alloc(void *ud, void *block, size_t old_size, size_t size)
{
  (void)ud;
  bool grows = size > (block != NULL ? old_size : 0);
  if (grows && fault.fail_at > 0 && --fault.fail_at == 0) {
    fault.failed = true;
    fault.again = block;
    fault.again_size = size;
    return NULL;
  }
  if (grows && fault.again_size == size && fault.again == block) {
    fault.again_size = 0;
    return NULL;
  }
  return fault.real(fault.real_ud, block, old_size, size);
}

static int lua_fail_at(lua_State *L)
{
  long n = (long)am_check_integer(L, 1);
  if (fault.real == NULL && n > 0) {
    fault.real = lua_getallocf(L, &fault.real_ud);
    lua_setallocf(L, failing_alloc, NULL);
  } else if (fault.real != NULL && n == 0) {
    lua_setallocf(L, fault.real, fault.real_ud);
    fault.real = NULL;
  }
  fault.fail_at = n;
  fault.again_size = 0;
  fault.failed = false;
  return 0;
}

static int lua_fault_pending(lua_State *L)
{
  lua_pushboolean(L, !fault.failed);
  return 1;
}

void am_bind_fault(lua_State *L)
{
  am_fault_register(L, "core");
  am_fault_table(L);
  lua_newtable(L);
  lua_pushcfunction(L, lua_fail_at);
  lua_setfield(L, -2, "fail_at");
  lua_pushcfunction(L, lua_fault_pending);
  lua_setfield(L, -2, "pending");
  lua_setfield(L, -2, "lua");
  lua_setfield(L, -2, "faults");
}
#else
void am_bind_fault(lua_State *L) { (void)L; }
#endif
