-- The programs of the page about custom types, and the example of versioned rows: TypeDecorator for JSON, marshalled
-- values, coerced encodings and backends, comparators of types, bind and column expressions, rows that become new
-- rows.
local am = require "alchemoon"
local parity = require "parity"
local say, step, sql, map = parity.say, parity.step, parity.sql, parity.map


local cjson = require "cjson"

local function dumps(value)
  local keys, parts = {}, {}
  for k in pairs(value) do keys[#keys + 1] = k end
  table.sort(keys)
  for _, k in ipairs(keys) do
    local v = value[k]
    local text = type(v) == "table" and "[" .. table.concat(map(v, function(n) return ("%d"):format(n) end),
      ", ") .. "]"
      or cjson.encode(v)
    parts[#parts + 1] = ('"%s": %s'):format(k, text)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local JSONEncodedDict = am.TypeDecorator{
  impl = am.VARCHAR,
  cache_ok = true,
  process_bind_param = function(value) return value ~= nil and dumps(value) or nil end,
  process_result_value = function(value) return value ~= nil and cjson.decode(value) or nil end,
}

local Shouting = am.TypeDecorator{
  impl = am.String,
  cache_ok = true,
  process_bind_param = function(value) return value and value:lower() end,
  process_literal_param = function(value) return value and value:lower() end,
  process_result_value = function(value) return value and value:upper() end,
  bind_expression = function(bindvalue, self) return am.func.lower(bindvalue, { type_ = self }) end,
  column_expression = function(col, self) return am.func.trim(col, { type_ = self }) end,
}

local Either = am.TypeDecorator{
  impl = am.JSON,
  cache_ok = true,
  load_dialect_impl = function(dialect)
    return dialect:type_descriptor(dialect.name == "postgresql" and am.JSONB() or am.String(50))
  end,
  process_bind_param = function(value, dialect) return dialect.name == "postgresql" and value or dumps(value) end,
  process_result_value = function(value,
    dialect) return dialect.name == "postgresql" and value or cjson.decode(value) end,
}

local Point = am.UserDefinedType{
  cache_ok = true,
  init = function(self, digits) self.digits = digits or 2 end,
  get_col_spec = function(self) return ("VARCHAR(%d)"):format(self.digits * 2 + 3) end,
  bind_processor = function() return function(value) return value and table.concat(value, ",") end end,
  result_processor = function()
    return function(value)
      local x, y = value:match("^(%d+),(%d+)$")
      return { tonumber(x), tonumber(y) }
    end
  end,
}

am.compiles(Shouting, "postgresql", function() return "VARCHAR(30)" end)

local Base = am.declarative_base()

local Thing = Base:model("Thing", {
  __tablename__ = "thing",
  id = am.Column(am.Integer, { primary_key = true }),
  data = am.Column(am.MutableDict.as_mutable(JSONEncodedDict(100))),
  word = am.Column(Shouting(30)),
  either = am.Column(Either),
  place = am.Column(Point(4)),
})

local Example = Base:model("Example", {
  __tablename__ = "example",
  id = am.Column(am.Integer, { primary_key = true }),
  data = am.Column(am.String(20)),
})

local select = am.select
local e = parity.engine()
Base.metadata:create_all(e)
sql()
local s = am.Session(e)
step("types")
local t = Thing{ id = 1, data = { a = { 1, 2 } }, word = "Hello", either = { k = 1 }, place = { 3, 4 } }
s:add(t)
s:commit()
say(t.data, t.word, t.either, t.place)
t.data["b"] = 5
t.place = { 7, 8 }
s:commit()
sql()
say(t.data, t.place)
say(s:scalars(select(Thing.word):where(Thing.word:eq("HELLO"))):all(),
  s:scalars(select(Thing.id):where(Thing.place:eq{ 7, 8 })):all())
say(s:scalars(select(Thing.id):where(Thing.data:eq{ a = { 1, 2 }, b = 5 })):all())
say(s:scalar(select(am.func.max(Thing.word))), s:scalar(select(am.type_coerce(Thing.data, am.String))))
sql()
step("comparators")
say(select(Thing.word):where(Thing.word:eq(am.literal("X", Shouting()))):compile{ literal_binds = true })
say(am.cast(Thing.word, Shouting(7)), Thing.__table__.c.place.type)
step("versioned rows")
am.event.listen(s, "before_flush", function(session)
  for _, instance in ipairs(session.dirty) do
    local state = am.inspect(instance)
    if state.class_ == Example and session:is_modified(instance) and state.has_identity then
      am.make_transient(instance)
      instance.id = nil
      session:add(instance)
    end
  end
end)
local e1 = Example{ data = "e1" }
s:add(e1)
s:commit()
e1.data = "e2"
s:commit()
sql()
say(s:query(Example.id, Example.data):order_by(Example.id):all(), e1.id)
e1.data = "e2"
s:commit()
e1.data = "e3"
s:flush()
s:rollback()
say(s:query(Example.id, Example.data):order_by(Example.id):all(), am.inspect(e1).transient, am.inspect(e1).persistent)
sql()
