-- Expressions and their compilation while memory runs out.
local am = require "alchemoon"
local faults = require "support.faults"

local ONLY = jit and "core" or nil -- LuaJIT's own allocations: see spec/engine/fault_spec.lua

describe("failing allocations", function()
  local x, s = am.column("x", am.Integer), am.column("s", am.String)
  local decorated = am.TypeDecorator { impl = am.String, bind_expression = function(b) return am.func.lower(b) end }
  local c, j = am.column("c", decorated), am.column("j", am.JSONB)

  local function tried(fn) faults.every_fault(fn, { dense = 120, only = ONLY }) end

  it("while expressions are built", function()
    tried(function()
      local e = am.and_(x:eq(5), am.or_(s:contains("a"), x:in_ { 1, 2 }), am.not_(x:between(1, 2)), (x + 1):gt(2))
      assert(#e.clauses == 4)
      assert(s .. "a" .. s)
      assert(am.case({ x:eq(1), "a" }, { else_ = "b" }))
      assert(am.func.sum(x):over { order_by = x, rows = { -1, 1 } })
    end)
  end)

  it("while types are made", function()
    tried(function()
      assert(am.Enum("a", "b", { name = "e" }).enums[2] == "b")
      assert(am.ARRAY(am.Numeric(10, 2), { dimensions = 2 }))
      assert(am.String(5):with_variant(am.Text(), "mysql"):compile { dialect = "mysql" } == "TEXT")
    end)
  end)

  it("while the lists among the options of a compilation are read", function()
    local t = am.table("t", am.column "a", am.column "b")
    for _, case in ipairs {
      { am.insert(t), { column_keys = { "b" } }, "INSERT INTO t (b) VALUES (:b)" },
      { am.select(am.table("t", am.column "a", { schema = "s" })), { schema_translate_map = { s = "z" },
        render_schema_translate = true }, "SELECT z.t.a FROM z.t" },
    } do
      local statement, options, text = case[1], case[2], case[3]
      tried(function() assert.equal(text, (statement:compile(options).sql:gsub("%s+", " "))) end)
    end
  end)

  it("while expressions are compiled", function()
    local e = am.and_(c:in_ { "a", "b" }, x:in_ { 1, 2 }, j:at("a"):as_integer():gt(3), s:icontains("z"))
    for _, opts in ipairs {
      { dialect = "postgresql" }, { dialect = "postgresql", literal_binds = true },
      { dialect = "postgresql", render_postcompile = true },
    } do
      tried(function() assert(#e:compile(opts).sql > 40) end)
    end
  end)
end)
