--- Exact 64-bit integers on every Lua: `am.int64`.
--
-- Lua 5.3 and later have them. LuaJIT has numbers up to 2^53 and `int64_t` cdata beyond; the core cannot
-- build or read cdata, so two FFI functions are registered with it here. Plain Lua 5.1 keeps the digits
-- of larger values as a string.
local core = require "alchemoon.core"

local int64 = {}

local has_ffi, ffi = pcall(require, "ffi")
if has_ffi and core.set_int64_box then
  local bit = require "bit"
  local int64_t, uint64_t = ffi.typeof("int64_t"), ffi.typeof("uint64_t")
  local two_32, low_mask = int64_t(2 ^ 32), int64_t(0xffffffff)
  local zero = int64_t(0)

  local function box(high, low) return int64_t(high) * two_32 + low end

  local function split(value)
    if ffi.istype(uint64_t, value) then
      if ffi.cast(int64_t, value) < zero then return nil end
      value = ffi.cast(int64_t, value)
    elseif not ffi.istype(int64_t, value) then
      return nil
    end
    return tonumber(bit.arshift(value, 32)), tonumber(bit.band(value, low_mask))
  end

  core.set_int64_box(box, split)
end

--- An exact integer from digits or from any integer value: a Lua integer; on LuaJIT a number up to 2^53 and
-- `int64_t` cdata beyond; on plain Lua 5.1 a number or, beyond 2^53, its digits.
---@param value integer|string|any
---@return any
function int64.int64(value) return core.int64(value) end

--- The decimal digits of an exact integer, without the LL that LuaJIT's tostring adds.
---@param value any
---@return string
function int64.int64_tostring(value) return core.int64_digits(value) end

return int64
