-- SELECT and its compilation while memory runs out.
local am = require "alchemoon"
local fixtures = require "support.tables"
local faults = require "support.faults"

describe("a SELECT with failing allocations", function()
  local table1, table2 = fixtures.table1, fixtures.table2
  local parent, child = fixtures.parent, fixtures.child

  local function sweep(build)
    faults.every_fault(function() return build():compile { dialect = "postgresql" }.sql end)
  end

  it("builds and compiles", function()
    sweep(function()
      return am.select(table1, table1.c.myid, am.func.count():label("n")):where(table1.c.name:eq("x"))
        :order_by("n"):group_by(table1.c.name):limit(3)
    end)
  end)

  it("makes subqueries, aliases and CTEs", function()
    sweep(function()
      local sub = am.select(table1.c.myid, am.func.max(table1.c.name)):subquery()
      local cte = am.select(sub.c.myid, table2):where(sub.c.myid:eq(table2.c.otherid)):cte("c", { recursive = true })
      cte = cte:union_all(am.select(cte.c.myid, table2))
      return am.select(cte, table1:alias()):where(am.exists():where(cte.c.myid:eq(table1.c.myid)))
    end)
  end)

  it("joins by foreign keys", function()
    sweep(function() return am.select(parent):join(child):union(am.select(child.c.id, child.c.flag)):order_by("id") end)
  end)

  it("adapts and finds columns", function()
    local core = require "alchemoon.core"
    sweep(function()
      local alias = parent:alias("p")
      local sub = am.select(parent, child):set_label_style(am.LABEL_STYLE_TABLENAME_PLUS_COL):subquery("s")
      assert(sub:corresponding_column(child.c.flag) and sub.c.parent_data)
      assert(#sub.c:keys() == 5 and #am.select(sub, sub).selected_columns:keys() == 10)
      return core.adapt(am.select(parent, sub):join(child, child.c.id:eq(sub.c.child_id)), alias)
    end)
  end)

  it("finds parameters that stand for each other, and makes them one", function()
    local core = require "alchemoon.core"
    faults.every_fault(function()
      local function size() return am.case({ table1.c.myid:gt(5), "big" }, { else_ = "small" }) end
      local compiled = core.compile(am.select(size(), table1.c.myid + 1):group_by(size()):distinct(), {
        dialect = "postgresql", strict = true })
      local same_as, first = {}, {}
      for i, bind in ipairs(compiled:binds()) do
        if bind.twins then
          first[bind.twins] = first[bind.twins] or i
          same_as[i] = first[bind.twins]
        end
      end
      return compiled:merge(same_as):text()
    end)
  end)

  it("reads texts and VALUES", function()
    sweep(function()
      local values = am.values(am.column("a", am.Integer), { name = "v" }):data { { 1 }, { 2 } }
      local text = am.text("select a, b from t where x = :x"):bindparams { x = 3 }:columns(am.column("a")):subquery()
      return am.select(values, text):where(am.text("y = :y"))
    end)
  end)
end)
