-- Collection classes of the program's own: methods over our lists and sets, classes with storage of their own.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local function id() return am.Column(am.Integer, { primary_key = true }) end

-- A parent with such a collection, what its attribute fires, and a way to make children.
local function family(collection_class)
  local Base = am.declarative_base()
  local Kid = Base:model("Kid", { __tablename__ = "kid", id = id(), name = am.Column(am.String(9)),
    parent_id = am.Column(am.ForeignKey("parent.id")) })
  local Parent = Base:model("Parent", { __tablename__ = "parent", id = id(), kids = am.relationship("Kid", {
    collection_class = collection_class, backref = "parent", order_by = "Kid.id" }) })
  local log = {}
  for _, name in ipairs { "append", "append_wo_mutation", "remove" } do
    am.event.listen(Parent.kids, name, function(_, kid) log[#log + 1] = name .. " " .. kid.name end)
  end
  local function fired()
    local text = table.concat(log, ", ")
    for i = #log, 1, -1 do log[i] = nil end
    return text
  end
  return Parent, function(name) return Kid { name = name } end, fired, Base
end

local function names(items)
  local list = {}
  for i, kid in ipairs(items) do list[i] = kid.name end
  return table.concat(list, " ")
end

local function reloaded(Base, parent)
  local engine = am.create_engine "sqlite://"
  Base.metadata:create_all(engine)
  local session = am.Session(engine)
  session:add(parent)
  session:commit()
  return names(am.collection_adapter(parent.kids):items())
end

local function without(list, item)
  for i, other in ipairs(list) do
    if other == item then return table.remove(list, i) end
  end
  error("it is not there")
end

local Bag = {}
Bag.__index = Bag
function Bag.new() return setmetatable({ data = {} }, Bag) end
Bag.push = am.collection.appender(function(self, kid) table.insert(self.data, kid) end)
Bag.drop = am.collection.remover(function(self, kid) without(self.data, kid) end)
Bag.walk = am.collection.iterator(function(self) return ipairs(self.data) end)
Bag.push_first = am.collection.adds(1, function(self, kid) table.insert(self.data, 1, kid) end)
Bag.take = am.collection.removes_return()(function(self) return table.remove(self.data) end)
Bag.swap = am.collection.replaces(1)(function(self, kid)
  local former = self.data[1]
  self.data[1] = kid
  return former
end)

describe("a collection class without storage", function()
  it("gives its methods to a list, which remains one", function()
    local Parent, kid, fired, Base = family { names = names }
    local p = Parent()
    p.kids:append(kid "a")
    p.kids[2] = kid "b"
    assert.equal("a b", p.kids:names())
    assert.equal(2, #p.kids)
    assert.equal("append a, append b", fired())
    assert.equal("a b", reloaded(Base, p))
    assert.equal("a b", p.kids:names())
  end)

  it("may derive from the set", function()
    local Parent, kid, fired = family(setmetatable({ names = names }, { __index = am.InstrumentedSet }))
    local p, a = Parent(), kid "a"
    p.kids:add(a)
    p.kids:add(a)
    assert.equal("a", p.kids:names())
    assert.equal("append a, append_wo_mutation a", fired())
  end)

  it("sees every item that enters when it has an append of its own", function()
    local Upper = setmetatable({ append = function(self, item)
      item.name = item.name:upper()
      am.InstrumentedList.append(self, item)
    end }, { __index = am.InstrumentedList })
    local Parent, kid, fired = family(Upper)
    local p = Parent()
    p.kids:append(kid "a")
    p.kids[2] = kid "b"
    p.kids:extend { kid "c" }
    kid("d").parent = p
    assert.equal("A B C D", names(p.kids))
    assert.equal("append a, append b, append c, append d", fired())
    p.kids = { kid "e" }
    assert.equal("E", names(p.kids))
  end)
end)

describe("a collection class with storage of its own", function()
  it("says with marks which methods take items in and out", function()
    local Parent, kid, fired, Base = family(Bag)
    local p, g = Parent(), kid "g"
    p.kids:push(kid "a")
    p.kids:push_first(kid "b")
    assert.equal("a", p.kids:take().name)
    assert.equal("b", p.kids:swap(g).name)
    assert.equal("append a, append b, remove a, append g, remove b", fired())
    assert.equal(p, g.parent)
    p.kids:drop(g)
    assert.is_nil(g.parent)
    p.kids = { kid "m", kid "n" }
    local late = kid "o"
    late.parent = p
    assert.equal("remove g, append m, append n, append o", fired())
    assert.equal("m n o", reloaded(Base, p))
  end)

  it("may be made by a function, and have methods that fire themselves", function()
    local Loud = {}
    Loud.__index = Loud
    Loud.append = am.collection.internally_instrumented(function(self, item, initiator)
      table.insert(self.data, am.collection_adapter(self):fire_append_event(item, initiator))
    end)
    Loud.remove = am.collection.internally_instrumented(function(self, item, initiator)
      am.collection_adapter(self):fire_remove_event(item, initiator)
      without(self.data, item)
    end)
    function Loud:iter() return self.data end
    local Parent, kid, fired = family(function() return setmetatable({ data = {} }, Loud) end)
    local p, a = Parent(), kid "a"
    p.kids:append(a)
    kid("b").parent = p
    p.kids:remove(a)
    assert.equal("append a, append b, remove a", fired())
    assert.equal("b", names(p.kids.data))
  end)

  it("is wrapped by name as a list or a set is, without a mark", function()
    local List = { new = function(self) return setmetatable({ data = {} }, { __index = self }) end }
    function List:append(item) table.insert(self.data, item) end
    function List:remove(item) without(self.data, item) end
    function List:insert(place, item) table.insert(self.data, place, item) end
    function List:pop() return table.remove(self.data) end
    function List.extend() error("extend appends one by one") end
    function List:clear() self.data = {} end
    function List:iter() return self.data end
    local Parent, kid, fired = family(List)
    local p = Parent()
    p.kids:append(kid "a")
    p.kids:insert(1, kid "b")
    p.kids:pop()
    p.kids:extend { kid "c", kid "d" }
    p.kids:remove(p.kids.data[1])
    p.kids:clear()
    assert.equal("append a, append b, remove a, append c, append d, remove b, remove c, remove d", fired())
  end)

  it("may be assigned as an instance, with a metatable per class or per instance", function()
    local List = { new = function(self) return setmetatable({ data = {} }, { __index = self }) end }
    function List:append(item) table.insert(self.data, item) end
    function List:remove(item) without(self.data, item) end
    function List:iter() return self.data end
    local Parent, kid, fired = family(List)
    local p, a, instance = Parent(), kid "a", List:new()
    p.kids:append(a)
    instance:append(kid "b")
    instance:append(a)
    p.kids = instance
    assert.equal("append a, append b, append_wo_mutation a", fired())
    assert.equal("b a", names(p.kids.data))
    p.kids = List:new()
    assert.equal("", names(p.kids.data))

    local Base
    Parent, kid, fired, Base = family(Bag)
    p, instance = Parent(), Bag.new()
    instance:push(kid "c")
    p.kids = instance
    assert.equal("append c", fired())
    assert.equal("c", reloaded(Base, p))
  end)

  it("must have a way in, a way out and a way to list", function()
    local function refused(text, methods)
      methods.__index, methods.__name = methods, "Half"
      local Parent, kid = family(methods)
      raises("ArgumentError", function() Parent().kids:append(kid "a") end, text)
    end
    refused("Type Half must elect a remover method to be a collection class", { append = function() end })
    refused("Type Half must elect an appender method to be a collection class", { __emulates__ = "dict",
      remove = function() end })
    refused("Type Half must elect an iterator method to be a collection class",
      { append = function(self, item) self.one = item end, remove = function() end })
    refused("__emulates__ of a collection class is \"list\", \"set\" or \"dict\", got tree", { __emulates__ = "tree" })
    local Parent = family(function() return 5 end)
    raises("ArgumentError", function() return Parent().kids end, "must make a table, got number")
    raises("ArgumentError", function() am.collection.appender "push" end, "a method is needed, got string")
  end)

  it("leaves its items alone when a method of its own fails", function()
    local Parent, kid, _, Base = family(Bag)
    local p = Parent()
    p.kids:push(kid "a")
    assert.is_false(pcall(p.kids.drop, p.kids, kid "stranger"))
    p.kids:push(kid "b")
    assert.equal("a b", reloaded(Base, p))
  end)
end)

describe("collection_adapter", function()
  it("takes items in and out with events or without", function()
    local Parent, kid, fired = family()
    local p, a, b = Parent(), kid "a", kid "b"
    local adapter = am.collection_adapter(p.kids)
    adapter:append_with_event(a)
    adapter:append_without_event(b)
    assert.equal("a b", names(adapter:items()))
    adapter:remove_with_event(a)
    adapter:clear_without_event()
    assert.equal(0, #p.kids)
    assert.equal("append a, remove a", fired())
    raises("ArgumentError", function() am.collection_adapter {} end, "a mapped collection is needed")
  end)
end)
