--- The text of new files: a new migration, a new configuration.
local template = {}

template.migration = [=[
-- ${message}
--
-- Revises: ${revises}
-- Create date: ${create_date}
local am = require "alchemoon" -- luacheck: ignore

return {
  revision = ${revision},
  down_revision = ${down_revision},
  branch_labels = ${branch_labels},
  depends_on = ${depends_on},
  message = ${quoted_message},
  create_date = ${quoted_date},

  upgrade = function(op) -- luacheck: ignore
${upgrades}
  end,

  downgrade = function(op) -- luacheck: ignore
${downgrades}
  end,
}
]=]

template.config = [=[
-- Configuration of the `alchemoon` command.
return {
  -- Folder of the migrations, relative to this file.
  script_location = ${script_location},

  -- Where the database is. The environment variable ALCHEMOON_URL wins over it.
  url = os.getenv "DATABASE_URL" or "sqlite:///app.db",

  -- The models' MetaData for --autogenerate and check: the MetaData, a function that returns it, or the
  -- name of a module that returns it (or a table with the field `metadata`).
  target_metadata = nil,

  -- file_template = "%(rev)s_%(slug)s",
  -- version_table = "alembic_version", version_table_schema = nil,
  -- transaction_per_migration = false,
  -- include_object = function(object, name, type_, reflected, compare_to) return true end,
  -- databases = { accounts = { script_location = "accounts", url = "..." } },
}
]=]

--- Fills `${name}` in; a name without a value stays as it is.
function template.fill(text, values)
  return (text:gsub("%${([%w_]+)}", function(name) return values[name] end))
end

--- A value as Lua text: string, list of strings or nil.
function template.literal(value)
  if value == nil then return "nil" end
  if type(value) == "table" then
    local parts = {}
    for i, one in ipairs(value) do parts[i] = template.literal(one) end
    return "{ " .. table.concat(parts, ", ") .. " }"
  end
  return (('%q'):format(tostring(value)):gsub("\\\n", "\\n"):gsub("\r", "\\r"):gsub("\\13", "\\r"))
end

return template
