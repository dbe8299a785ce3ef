--- Reading columns of rows on LuaJIT without a call into C, which its compiler cannot see through: a loop over rows
-- becomes one trace, in which a column costs a quarter.
--
-- The function here takes the place of the row's __index (csrc/bind/row.c) and reads a cell where it lies, if the cell
-- is the value itself; all else (decoded columns, methods, column objects, rows of Lua values, errors) it hands on. The
-- layout that it knows is asserted in row.c. Fields of 32 bits, because those need no boxes when they are interpreted.
local core = require "alchemoon.core"

local row_jit = {}

local getmetatable = getmetatable
local INT, REAL, BOOL = 1, 2, 5
local WHOLE = 2097152 -- 2^53 / 2^32: integers beyond are boxed, in C

local LAYOUT = [[const struct {
  uint32_t magic_low, magic_high; // the metatable says already that it is a row
  union {
    struct { uint32_t cells_low, cells_high; };
    const struct {
      uint8_t class;
      uint8_t unused[7];
      uint32_t size, size_high;
      union { const char *bytes; double real; struct { uint32_t low; int32_t high; }; };
    } *cells;
  };
  uint32_t shape_low, shape_high;
} *]]

--- __index of rows: `general` is the one in C.
local function make_index(ffi, general, metatable)
  local row_pointer, cast, text = ffi.typeof(LAYOUT), ffi.cast, ffi.string
  local row_plain = core.row_plain
  local plain_of = setmetatable({}, { __mode = "v" }) -- address of a shape → its plain columns, kept by the shape

  return function(row, key)
    if getmetatable(row) ~= metatable then return general(row, key) end -- called by hand, with anything
    local at = cast(row_pointer, row)
    if at.cells_low + at.cells_high == 0 then return general(row, key) end
    local address = at.shape_high * 4294967296 + at.shape_low
    local plain = plain_of[address]
    if not plain then
      plain = row_plain(row)
      plain_of[address] = plain
    end
    local place = key ~= nil and plain[key]
    if not place then return general(row, key) end
    local cell = at.cells[place]
    local class = cell.class
    if class == INT then
      local high = cell.high
      if high < -WHOLE or high >= WHOLE then return general(row, key) end
      return high * 4294967296 + cell.low
    elseif class == REAL then
      return cell.real
    elseif class == BOOL then
      return cell.low ~= 0
    elseif class ~= 0 then
      return text(cell.bytes, cell.size)
    end
    return nil
  end
end

--- Installs it, where LuaJIT compiles and its layouts are those of 64 bits.
function row_jit.install()
  local jit = rawget(_G, "jit")
  if not (jit and jit.status()) then return end
  local ok, ffi = pcall(require, "ffi") -- which some builds leave out
  if not (ok and ffi.abi("64bit") and ffi.abi("le")) then return end
  local metatable = core.row_metatable()
  if not row_jit.general then row_jit.general = metatable.__index end
  metatable.__index = make_index(ffi, row_jit.general, metatable)
end

return row_jit
