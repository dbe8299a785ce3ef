--- What a mapper refuses while its properties are put together.
local exc = require "alchemoon.exc"
local sql = require "alchemoon.orm.sql"
local warn = require "alchemoon.orm.warn"

local mapper_checks = {}

--- Columns given by themselves under `properties` must be of the mapped tables.
function mapper_checks.own_columns(mapper, key, prop)
  local tables = sql.tables_of(mapper.persist_selectable)
  for _, column in ipairs(prop.columns) do
    if not sql.has_column(tables, column) then
      exc.raise("ArgumentError", "When configuring property '%s' on %s, column '%s' is not represented in the " ..
        "mapper's table. Use the `column_property()` function to force this column to be mapped as a read-only " ..
        "attribute.", key, tostring(mapper), tostring(column))
    end
  end
end

local EXISTING = "User-placed attribute %s.%s on %s is replacing an existing %s.  Behavior is not fully defined in " ..
  "this case.  This use is deprecated and will raise an error in a future release"

--- What comes later than the class, a back reference or an added property, takes the place of something: a warning.
function mapper_checks.warn_of_existing(mapper, key, prop)
  if prop.kind == "synonym" then return end
  if mapper.prop[key] then
    warn(EXISTING, mapper.class_name, key, tostring(mapper), "ORM-mapped attribute")
  end
  local members = rawget(mapper.class, "__members")
  if mapper.own_descriptors[key] or members and rawget(members, key) ~= nil then
    warn(EXISTING, mapper.class_name, key, tostring(mapper), "class-bound attribute of the same name")
  end
end

-- The classes of SQLAlchemy that stand in its message.
local SHOWN_AS = { relationship = "_RelationshipDeclared", synonym = "Synonym", composite = "Composite" }

--- A table column whose name a relationship, synonym or composite has taken: an error.
function mapper_checks.refuse_taken(mapper, key, column, prop)
  local ok, address = pcall(string.format, "%p", prop)
  exc.raise("ArgumentError", "WARNING: when configuring property '%s' on %s, column '%s' conflicts with property " ..
    "'<%s at %s; %s>'. To resolve this, map the column to the class under a different name in the 'properties' " ..
    "table.  Or, to remove all awareness of the column entirely (including its availability as a foreign key), " ..
    "use the 'include_properties' or 'exclude_properties' mapper arguments to control specifically which table " ..
    "columns get mapped.", key, tostring(mapper), tostring(column.key), SHOWN_AS[prop.kind] or prop.kind,
    ok and address or "0x0", key)
end

return mapper_checks
