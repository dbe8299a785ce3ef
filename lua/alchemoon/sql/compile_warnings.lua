--- What the compiler noticed about a statement: said once, when it is compiled.
local core = require "alchemoon.core"
local logging = require "alchemoon.logging"

local compile_warnings = {}

local KEYLESS = "Column '%s.%s' is marked as a member of the primary key for table '%s', but has no Python-side or "
  .. "server-side default generator indicated, nor does it indicate 'autoincrement=True' or 'nullable=True', and no "
  .. "explicit value is passed.  Primary key columns typically may not store NULL."
local COMPOSITE = " Note that as of SQLAlchemy 1.1, 'autoincrement=True' must be indicated explicitly for composite "
  .. "(e.g. multicolumn) primary keys if AUTO_INCREMENT/SERIAL/IDENTITY behavior is expected for one of the columns in "
  .. "the primary key. CREATE TABLE statements are impacted by this change as well on most backends."

local function without_value(column)
  local owner = core.node_get(column, "table")
  local text = KEYLESS:format(owner.fullname, core.node_get(column, "name"), owner.fullname)
  return #owner.primary_key.columns > 1 and text .. COMPOSITE or text
end

--- Warns about elements of FROM that nothing connects, and about primary key columns of an INSERT without a value.
---@param info table   of a compiled statement
function compile_warnings.give(info)
  if not info.lint and info.unexpected[1] == nil then return end
  local logger = logging.getLogger("alchemoon.sql")
  if info.lint then logger:warning("%s", info.lint) end
  for _, column in ipairs(info.unexpected) do logger:warning("%s", without_value(column)) end
end

return compile_warnings
