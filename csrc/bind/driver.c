/* luaopen functions of the driver modules. Each driver is a shared object of its own, built from
 * its files of csrc/driver/ and this one with AM_DRIVER_NAME set; it hands its struct to the core
 * as a light userdata. */
#include "driver/driver.h"
#include "bind/compat.h"
#include "bind/fault.h"

#define AM_PASTE2(a, b) a##b
#define AM_PASTE(a, b) AM_PASTE2(a, b)
#define AM_TEXT2(a) #a
#define AM_TEXT(a) AM_TEXT2(a)
#define LUAOPEN AM_PASTE(luaopen_alchemoon_driver_, AM_DRIVER_NAME)
#define DRIVER AM_PASTE(am_driver_, AM_DRIVER_NAME)

extern const am_driver DRIVER;
__attribute__((visibility("default"))) int LUAOPEN(lua_State *L);

int LUAOPEN(lua_State *L)
{
  am_fault_register(L, AM_TEXT(AM_DRIVER_NAME));
  lua_pushlightuserdata(L, (void *)(uintptr_t)&DRIVER);
  return 1;
}
