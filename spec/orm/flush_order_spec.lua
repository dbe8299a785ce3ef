-- The order of the statements of a flush.
local am = require "alchemoon"

local function setup()
  local Base = am.declarative_base()
  local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String, { unique = true }), size = am.Column(am.Integer) })
  local engine = am.create_engine("sqlite://")
  Base.metadata:create_all(engine)
  return Item, engine
end

local function items(Item, first, last)
  local list = {}
  for i = first, last do list[#list + 1] = Item{ name = "n" .. i, size = i } end
  return list
end

describe("a flush of many objects of one class", function()
  it("updates before it inserts, so that a new object may take a name that was given up", function()
    local Item, engine = setup()
    local session = am.Session(engine, { expire_on_commit = false })
    local old = items(Item, 1, 30)
    session:add_all(old)
    session:commit()
    local verbs = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, sql) verbs[#verbs + 1] = sql:match("^%a+") end)
    for i, item in ipairs(old) do item.name = "old" .. i end
    session:add_all(items(Item, 1, 30))
    verbs = {}
    session:flush()
    assert.equal("UPDATE", verbs[1])
    assert.equal("INSERT", verbs[2])
    session:commit()
    assert.equal(60, session:scalar(am.select(am.func.count()):select_from(Item)))
    session:close()
  end)

  it("writes changed columns only, in the order of the keys, and leaves the objects clean", function()
    local Item, engine = setup()
    local session = am.Session(engine, { expire_on_commit = false })
    local list = items(Item, 1, 40)
    session:add_all(list)
    session:commit()
    local seen = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, sql, params) seen[#seen + 1] = { sql, params } end)
    for i = 40, 1, -1 do list[i].size = -i end
    session:flush()
    assert.equal(1, #seen)
    assert.equal("UPDATE items SET size=? WHERE items.id = ?", seen[1][1])
    for i = 1, 40 do assert.same({ -i, i }, { seen[1][2][i][1], seen[1][2][i][2] }) end
    assert.equal(0, #session.dirty)
    session:rollback()
    assert.equal(1, list[1].size)
    session:close()
  end)

  it("writes them in the order of keys that lie close, far apart, below zero or are no whole numbers", function()
    for kind, keys in pairs {
      close = { 7, 3, 5, 4, 6, 9, 8, 2, 1, 10, 12, 11, 20, 19, 18, 17, 16, 15, 14, 13, 22, 21 },
      apart = { 5, -3, 100000000, 7, 0, 9007199254740991, -9007199254740991, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34,
        33, 32, 31, 30 },
      halves = { 1.5, 0.5, -2.5, 3.25, 3, 9.5, 8.5, 7.5, 6.5, 5.5, 4.5, 10.5, 11.5, 12.5, 13.5, 14.5, 15.5, 16.5, 17.5,
        18.5, 19.5, 20.5 },
    } do
      local Base = am.declarative_base()
      local Item = Base:model("Item", { __tablename__ = "items", size = am.Column(am.Integer),
        id = am.Column(kind == "halves" and am.Double or am.BigInteger, { primary_key = true }) })
      local engine = am.create_engine("sqlite://")
      Base.metadata:create_all(engine)
      local session = am.Session(engine)
      for _, key in ipairs(keys) do session:add(Item { id = key, size = 0 }) end
      session:commit()
      local written = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, sql, parameters)
        if sql:match("^UPDATE") then
          for i, row in ipairs(parameters) do written[i] = tonumber(row[2]) end
        end
      end)
      for _, item in ipairs(session:scalars(am.select(Item)):all()) do item.size = 1 end
      session:flush()
      table.sort(keys)
      for i, key in ipairs(keys) do assert.equal(key, written[i], kind) end
      assert.equal(#keys, #written)
      session:close()
    end
  end)

  it("asks the listeners of before_update and after_update for each object", function()
    local Item, engine = setup()
    local session = am.Session(engine)
    local list, before, after = items(Item, 1, 20), 0, 0
    session:add_all(list)
    session:flush()
    am.event.listen(Item, "before_update", function() before = before + 1 end)
    am.event.listen(Item, "after_update", function() after = after + 1 end)
    for _, item in ipairs(list) do item.size = 0 end
    session:flush()
    assert.same({ 20, 20 }, { before, after })
    session:close()
  end)

  it("goes by the sort_key_function of the key's type, where it has one", function()
    local rank = { low = 1, mid = 2, high = 3 }
    local Base = am.declarative_base()
    local Level = Base:model("Level", {
      __tablename__ = "levels",
      id = am.Column(am.Enum("low", "mid", "high", { native_enum = false,
        sort_key_function = function(value) return rank[value] end }), { primary_key = true }),
      size = am.Column(am.Integer),
    })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all{ Level{ id = "high" }, Level{ id = "low" }, Level{ id = "mid" } }
    session:commit()
    for _, level in ipairs(session:scalars(am.select(Level)):all()) do level.size = rank[level.id] end
    local order = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, _, params)
      for i, row in ipairs(params) do order[i] = row[2] end
    end)
    session:flush()
    assert.same({ "low", "mid", "high" }, order)
    session:close()
  end)

  it("says so when a row is gone", function()
    local Item, engine = setup()
    local session = am.Session(engine)
    local list = items(Item, 1, 20)
    session:add_all(list)
    session:flush()
    session:execute(am.text("DELETE FROM items WHERE id = 7"))
    for _, item in ipairs(list) do item.size = 0 end
    local ok, e = pcall(session.flush, session)
    assert.is_false(ok)
    assert.equal("StaleDataError", e.name)
    session:close()
  end)
end)
