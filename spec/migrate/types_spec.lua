-- Every type with every option: what create_all or a written migration made is found again as it was.
local am = require "alchemoon"
local autogenerate = require "alchemoon.migrate.autogenerate"
local backends = require "support.backends"
local migrate = require "alchemoon.migrate"
local migrations = require "support.migrations"


-- Values to try for an option of a type.
local VALUES = { length = 7, precision = 3, scale = 1, timezone = true, varying = true, asdecimal = false,
  none_as_null = true, as_uuid = true, fields = "DAY TO SECOND", second_precision = 3, native_uuid = true,
  zero_indexes = true }

-- What stands in the models, by name.
local function classes()
  local list, seen = {}, {}
  for _, space in ipairs { am, am.postgresql, am.sqlite } do
    for name, cls in pairs(space) do
      if type(cls) == "table" and rawget(cls, "kind") and rawget(cls, "positional") and not seen[cls] then
        seen[cls] = true
        list[#list + 1] = { name = name, cls = cls }
      end
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

-- Ways to write a type that need more than one option.
local SPECIAL = {}
function SPECIAL.Enum(cls)
  return { cls("a", "b", { name = "e1" }), cls("a", "b", { name = "e2", native_enum = false }),
    cls("a", "b", { name = "e3", native_enum = false, create_constraint = true }),
    cls("a", "b", { name = "e4", native_enum = false, length = 20 }) }
end
function SPECIAL.ENUM(cls) return { cls("a", "b", { name = "e5" }) } end
function SPECIAL.ARRAY(cls)
  local list = { cls(am.Integer, { dimensions = 2 }), cls(am.String(7)), cls(am.Numeric(8, 2)),
    cls(am.DateTime { timezone = true }), cls(am.Enum("x", "y", { name = "in_array" })) }
  for _, name in ipairs { "Integer", "Text", "Numeric", "DateTime", "Boolean", "Uuid" } do
    list[#list + 1] = cls(am[name])
  end
  return list
end
function SPECIAL.DOMAIN(cls)
  return { cls("d1", am.Integer), cls("d2", am.String(5), { not_null = true, check = "VALUE <> ''",
    constraint_name = "dc" }) }
end

local function variants(name, cls)
  if SPECIAL[name] then return SPECIAL[name](cls) end
  local list = { cls() }
  for key, value in pairs(VALUES) do
    if cls.valid and cls.valid[key] ~= nil then list[#list + 1] = cls { [key] = value } end
  end
  if cls.valid and cls.valid.precision ~= nil and cls.valid.scale ~= nil then list[#list + 1] = cls(10, 4) end
  return list
end

backends.each(function(backend)
  if backend.name == "sqlite-file" then return end
  describe("autogenerate of every type", function()
    local engine
    before_each(function()
      engine = backends.empty_engine(backend)
    end)
    after_each(function() engine:dispose() end)

    local function differences(metadata)
      return engine:connect(function(conn)
        local context = migrate.MigrationContext.configure(conn)
        local script = migrate.produce_migrations(context, metadata)
        return table.concat(autogenerate.lines(script), "; "), autogenerate.render(context, script)
      end)
    end
    local function run(text) migrations.run_text(engine, text) end
    -- A table with the type, or nil when the database does not know it.
    local function made(type_)
      local metadata = am.MetaData()
      local ok = pcall(function()
        local accepts_null = not tostring(type_):find "^DOMAIN" or not type_.not_null -- its columns refuse what it does
        am.Table("t", metadata, am.Column("id", am.Integer, { primary_key = true }),
          am.Column("c", type_, { nullable = accepts_null }))
        engine:begin(function(conn) metadata:create_all(conn) end)
      end)
      return ok and metadata or nil
    end

    it("finds nothing after create_all, nor after its own migration, nor after the way back", function()
      local tried = 0
      for _, one in ipairs(classes()) do
        for _, type_ in ipairs(variants(one.name, one.cls)) do
          local metadata = made(type_)
          if metadata then
            tried = tried + 1
            local label = one.name .. " " .. tostring(type_)
            assert.equal(label .. ": ", label .. ": " .. differences(metadata))
            engine:begin(function(conn) metadata:drop_all(conn) end)
            local _, up, down = differences(metadata)
            run(up)
            assert.equal(label .. ": ", label .. ": " .. differences(metadata))
            run(down)
            assert.equal(label .. ": ", label .. ": " .. differences(am.MetaData()))
          end
        end
      end
      assert.is_true(tried > 80, tried .. " types")
    end)

    it("takes variants and decorators for what they are on the database", function()
      for _, type_ in ipairs { am.String(50):with_variant(am.Text(), "postgresql"):with_variant(am.Integer(), "sqlite"),
        am.TypeDecorator { impl = am.String(9) } } do
        local metadata = made(type_)
        assert.equal("", (differences(metadata)))
        engine:begin(function(conn) metadata:drop_all(conn) end)
      end
    end)
  end)
end)
