--- Statements that a program drops: their nodes go, those of others stay, and the heap does not grow.
local am = require "alchemoon"

describe("faces of nodes", function()
  local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer), am.Column("data", am.JSON))

  local function build(count)
    for i = 1, count do am.select(t):where(t.c.id:eq(i)) end
  end

  local function collect()
    for _ = 1, 4 do collectgarbage() end
  end

  local function when_collected(fn)
    if newproxy then -- luacheck: ignore
      getmetatable(newproxy(true)).__gc = fn -- luacheck: ignore
    else
      setmetatable({}, { __gc = fn })
    end
  end

  -- Is a value that only a dropped statement holds collected? make() makes it; no local name may hold it here.
  local function is_given_back(make)
    local held = setmetatable({}, { __mode = "k" })
    do
      local value = make()
      held[value] = true
      assert(am.select(t):where(t.c.data:eq(value)))
    end
    build(20)
    collect()
    return next(held) == nil
  end

  it("give back what a dropped statement held", function()
    assert.is_true(is_given_back(function() return { 1, 2 } end))
  end)

  it("give back a value that leads to a neighbour", function()
    assert.is_true(is_given_back(function() return { t.c.id:eq(1) } end))
  end)

  it("keep a statement while its neighbours go", function()
    local kept = {}
    for i = 1, 100 do
      kept[i] = am.select(t.c.id):where(t.c.id:eq(i))
      build(7)
    end
    collect()
    build(200)
    for i = 1, 100 do
      assert.are.equal(i, kept[i]:compile().params.id_1)
      assert.are.equal(tostring(kept[1]), tostring(kept[i]))
    end
  end)

  it("serve a finalizer that runs after theirs", function()
    local text
    local function dropped()
      local statement = am.select(t.c.id)
      when_collected(function() text = select(2, pcall(tostring, statement)) end)
    end
    dropped()
    build(20)
    collect()
    assert.is_string(text)
  end)

  it("do not make the heap grow in a loop that only builds statements", function()
    collect()
    local before, most = collectgarbage("count"), 0
    for _ = 1, 60 do
      build(1000)
      most = math.max(most, collectgarbage("count"))
    end
    assert.is_true(most < 2.5 * before, ("%.0f KiB became %.0f"):format(before, most))
  end)
end)
