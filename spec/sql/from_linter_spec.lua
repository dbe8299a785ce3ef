-- FROM elements that nothing connects: the warning of engines about cartesian products.
local am = require "alchemoon"
local faults = require "support.faults"

describe("A statement whose FROM elements are not connected", function()
  local md = am.MetaData()
  local function tbl(name) return am.Table(name, md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("x", am.Integer)) end
  local a, b, c, d = tbl "a", tbl "b", tbl "c", tbl "d"
  local engine, seen, handler

  local function warned(stmt, on)
    seen = {}
    local conn = (on or engine):connect()
    conn:execute(stmt)
    conn:close()
    return seen[1]
  end

  setup(function()
    engine = am.create_engine "sqlite://"
    md:create_all(engine)
    handler = am.logging.set_handler(function(record) seen[#seen + 1] = record.message end)
  end)
  teardown(function()
    am.logging.set_handler(handler)
    engine:dispose()
  end)

  it("is warned about, with the elements by name", function()
    assert.are.equal('SELECT statement has a cartesian product between FROM element(s) "b" and FROM element "a".  '
      .. "Apply join condition(s) between each element to resolve.", warned(am.select(a.c.id, b.c.id)))
    assert.are.equal('SELECT statement has a cartesian product between FROM element(s) "c", "d" and FROM element "a".  '
      .. "Apply join condition(s) between each element to resolve.",
      warned(am.select(a, c, d):where(c.c.id:eq(d.c.id)):select_from(a:join(b, a.c.id:eq(b.c.id)))))
    local sub = am.select(b):subquery "sub"
    assert.is_truthy(warned(am.select(a.c.id, sub.c.x)):find('element(s) "sub" and FROM element "a"', 1, true))
    assert.is_truthy(warned(am.delete(a):where(a.c.id:in_(am.select(b.c.id):where(c.c.id:eq(5)))))
      :find('SELECT statement has a cartesian product between FROM element(s) "c" and FROM element "b"', 1, true))
    assert.is_truthy(warned(am.update(a):values { x = 5 }:where(b.c.id:eq(5)))
      :find('UPDATE statement has a cartesian product between FROM element(s) "b" and FROM element "a"', 1, true))
  end)

  it("is not when joins or comparisons connect them", function()
    assert.is_nil(warned(am.select(a, b):where(a.c.id:eq(b.c.x))))
    assert.is_nil(warned(am.select(a, b, c):where(am.and_(a.c.id:eq(b.c.x), am.or_(b.c.x:gt(c.c.x), c.c.id:eq(5))))))
    assert.is_nil(warned(am.select(a):select_from(a:join(b, am.true_()))))
    assert.is_nil(warned(am.select(c):select_from(a:join(b, a.c.id:eq(b.c.id))):where(b.c.id:eq(c.c.id))))
    assert.is_nil(warned(am.select(a):where(am.exists():where(b.c.id:eq(a.c.id)))))
    assert.is_nil(warned(am.select(a.c.id, am.select(am.func.count(b.c.id)):where(b.c.x:eq(a.c.x)):scalar_subquery())))
    assert.is_nil(warned(am.update(a):values { x = 5 }:where(b.c.id:eq(a.c.id))))
    assert.is_nil(warned(am.select(a)))
  end)

  it("is connected by an element of the enclosing statement too", function()
    local inner = am.select(b.c.id):where(b.c.x:eq(a.c.x), c.c.x:eq(a.c.x)):correlate(a)
    assert.is_nil(warned(am.select(a):where(inner:exists())))
  end)

  it("is silent on an engine without the linter", function()
    local quiet = am.create_engine("sqlite://", { enable_from_linting = false })
    md:create_all(quiet)
    assert.is_nil(warned(am.select(a.c.id, b.c.id), quiet))
    quiet:dispose()
  end)

  it("costs an error, not a crash, when memory fails while it is looked at", function()
    local core = require "alchemoon.core"
    faults.every_fault(function()
      local stmt = am.select(a, b:join(c, b.c.id:eq(c.c.id)), d):where(a.c.id:eq(b.c.x))
      local compiled = core.compile(stmt, { dialect = "sqlite", lint = true })
      assert(compiled:info().lint:find('"d"', 1, true))
      local first, second = am.select(a):lateral(), am.select(b):lateral() -- not listed: met in the condition first
      stmt = am.select(first.c.x, second.c.x):where(first.c.id:eq(second.c.id))
      assert(core.compile(stmt, { dialect = "postgresql", lint = true }):info().lint == nil)
    end)
  end)
end)
