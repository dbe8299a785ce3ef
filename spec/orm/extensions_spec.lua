-- Hybrids, association proxies, collections of other kinds, values that change in place.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local function id() return am.Column(am.Integer, { primary_key = true }) end
local unpack = table.unpack or unpack -- luacheck: ignore 113
local function says(text, node) assert.equal(text, (tostring(node):gsub("%s+", " "))) end

describe("hybrids", function()
  local Base = am.declarative_base()
  local A = Base:model("A", { __tablename__ = "a", id = id(), x = am.Column(am.Integer), y = am.Column(am.Integer),
    first = am.Column(am.String(9)), last = am.Column(am.String(9)),
    hx = am.hybrid_property(function(self) return self.x end),
    total = am.hybrid_property(function(self) return self.x + self.y end, {
      setter = function(self, value) self.x, self.y = value, 0 end,
      update_expression = function(cls, value) return { { cls.x, value }, { cls.y, 0 } } end }),
    name = am.hybrid_property(function(self) return self.first .. " " .. self.last end),
    size = am.hybrid_property(function(self) return #self.first end,
      { expression = function(cls) return am.func.length(cls.first) end }),
    lower = am.hybrid_property(function(self) return self.first:lower() end, {
      comparator = function(cls)
        return am.Comparator.extend {
          eq = function(self, other) return am.func.lower(self:__clause_element__()):eq(other) end,
        }(cls.first)
      end }),
    within = am.hybrid_method(function(self, k) return self.x + k end) })

  it("are methods on objects", function()
    local a = A { x = 1, y = 2, first = "Ann", last = "Lee" }
    assert.equal(3, a.total)
    assert.equal("Ann Lee", a.name)
    assert.equal(3, a.size)
    assert.equal("ann", a.lower)
    assert.equal(6, a:within(5))
    a.total = 9
    assert.equal(9, a.x)
    raises("ArgumentError", function() a.name = "x" end, "can't set attribute 'name'")
    assert.equal(4, A { total = 4 }.x)
  end)

  it("are SQL on classes and aliases", function()
    says("a.x = :x_1", A.hx:eq(1))
    says("a.x + a.y = :param_1", A.total:eq(1))
    says("(a.x + a.y) * :param_1", A.total * 2)
    says("(a.first || :first_1 || a.last) = :param_1", A.name:eq("x"))
    says("length(a.first) > :length_1", A.size:gt(2))
    says("lower(a.first) = :lower_1", A.lower:eq("x"))
    says("a.x + :x_1 > :param_1", A:within(3):gt(4))
    local other = am.aliased(A, { name = "o" })
    says("o.x + o.y = :param_1", other.total:eq(1))
    says("o.x + :x_1", other:within(3))
    assert.equal("total", A.total.key)
  end)
end)

describe("the comparator of a hybrid", function()
  local Lower = am.Comparator.extend {
    operate = function(self, name, other)
      return am.func.lower(self.expression):operate(name, am.func.lower(other))
    end,
  }
  local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), x = am.Column(am.String(9)),
    ci = am.hybrid_property(function(self) return self.x:lower() end,
      { comparator = function(cls) return Lower(cls.x) end }),
    plain = am.hybrid_property(function(self) return self.x end, { comparator = {} }) })

  it("hears of every operator in its operate()", function()
    says("lower(a.x) = lower(:lower_1)", A.ci:eq "Foo")
    says("lower(a.x) LIKE lower(:lower_1)", A.ci:like "F%")
    says("lower(a.x) || lower(:lower_1)", A.ci .. "z")
  end)

  it("takes Lua's operators on either side, as its expression does", function()
    says("a.x || :x_1", A.plain .. "z")
    says(":x_1 || a.x", "z" .. A.plain)
    says("a.id + a.x", A.id + A.plain)
  end)

  it("is shown as the attribute that it stands for", function()
    assert.equal("A.ci", tostring(A.ci))
    assert.equal("A.ci", tostring(am.aliased(A).ci))
  end)
end)

describe("hybrids of base classes", function()
  it("are changed in a subclass from the attribute of the base", function()
    local Own = am.declarative_base()
    local Parent = Own:model("Parent", { __tablename__ = "p", id = id(), x = am.Column(am.Integer),
      hx = am.hybrid_property(function(self) return self.x end) })
    local Child = Own:model("Child", { __extends__ = Parent,
      hx = Parent.hx.overrides:expression(function(cls) return cls.x + 1 end) })
    local Other = Own:model("Other", { __extends__ = Parent,
      hx = Parent.hx:setter(function(self, value) self.x = value * 2 end) })
    says("SELECT p.x FROM p", am.select(Parent.hx))
    says("SELECT p.x + :x_1 AS hx FROM p", am.select(Child.hx))
    assert.equal(3, Child { x = 3 }.hx)
    assert.equal(6, Other { hx = 3 }.x)
    raises("ArgumentError", function() return Parent.x.overrides end,
      "^Neither 'InstrumentedAttribute' object nor 'Comparator' object associated with Parent.x has an attribute")
  end)


  local function double() return am.hybrid_property(function(self) return self.id * 2 end) end
  local Base = am.declarative_base { cls = { of_base = double() } }
  local Early = Base:model("Early", { __tablename__ = "early", id = id() })
  local Animal = Base:model("Animal", { __tablename__ = "animal", id = id(), legs = am.Column(am.Integer),
    __mixins__ = { { of_mixin = double() } }, own = double(), fleas = am.relationship "Flea",
    sizes = am.association_proxy("fleas", "size") })
  Base:model("Flea", { __tablename__ = "flea", id = id(), size = am.Column(am.Integer),
    animal_id = am.Column(am.ForeignKey "animal.id") })
  local Dog = Base:model("Dog", { __extends__ = Animal, __tablename__ = "dog",
    id = am.Column(am.ForeignKey "animal.id", { primary_key = true }) })
  Animal.late, Base.latest = double(), double()
  local Pup = Base:model("Pup", { __extends__ = Dog })

  it("are those of their subclasses and of their aliases, whenever they were given", function()
    for _, name in ipairs { "of_base", "of_mixin", "own", "late", "latest" } do
      for _, cls in ipairs { Dog, Pup } do
        assert.equal(8, cls { id = 4 }[name])
        says("SELECT dog.id * :id_1 AS " .. name .. " FROM animal JOIN dog ON animal.id = dog.id",
          am.select(cls[name]):select_from(cls))
      end
      says("SELECT dog_1.id * :id_1 AS " .. name .. " FROM animal AS animal_1 JOIN dog AS dog_1 ON animal_1.id = "
        .. "dog_1.id", am.select(am.aliased(Dog, { flat = true })[name]))
    end
    assert.equal(8, Early { id = 4 }.latest)
    local dog = Dog {}
    dog.sizes = { 1, 2 }
    assert.equal(2, #dog.fleas)
  end)

  it("stand back for what a subclass has under their name", function()
    local Cat = Base:model("Cat", { __extends__ = Animal, of_base = function() return "own method" end,
      own = am.Column(am.Integer), late = am.hybrid_property(function(self) return self.id * 3 end) })
    Animal.late = double()
    local cat = Cat { id = 4, own = 9 }
    assert.same({ "own method", 9, 12, 8 }, { cat:of_base(), cat.own, cat.late, Dog { id = 4 }.late })
  end)
end)

describe("hybrids in statements", function()
  local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), x = am.Column(am.Integer),
    first = am.Column(am.String(9)), last = am.Column(am.String(9)),
    abs = am.hybrid_property(function(self) return self.x end,
      { expression = function(cls) return am.func.abs(cls.x) end }),
    name = am.hybrid_property(function(self) return self.first .. " " .. self.last end),
    lower = am.hybrid_property(function(self) return self.first:lower() end, {
      comparator = function(cls) return am.Comparator.extend {} (cls.first) end }) })

  it("give their name to expressions, but not to functions", function()
    says("SELECT abs(a.x) AS abs_1 FROM a", am.select(A.abs))
    says("SELECT a.first || :first_1 || a.last AS name FROM a", am.select(A.name))
    assert.equal("lower", A.lower.key)
  end)

  it("give their name to the first of two of one name", function()
    local other = am.aliased(A)
    local Clash = am.declarative_base():model("Clash", { __tablename__ = "c", id = id(),
      name = am.Column(am.String(9)) })
    says("SELECT a.first || :first_1 || a.last AS name, a_1.first || :first_2 || a_1.last AS anon_1 "
      .. "FROM a, a AS a_1", am.select(A.name, other.name))
    says("SELECT c.name, a.first || :first_1 || a.last AS anon_1 FROM c, a", am.select(Clash.name, A.name))
    says("SELECT a.first || :first_1 || a.last AS name, c.name AS name_1 FROM a, c", am.select(A.name, Clash.name))
    says("SELECT a.first || ? || a.last AS name, a_1.first || ? || a_1.last AS anon_1 FROM a, a AS a_1",
      am.Session(am.create_engine "sqlite://"):query(A.name, other.name))
    local row = am.Session(am.create_engine "sqlite://", function(session)
      A.metadata:create_all(session:get_bind())
      session:add(A { first = "Ann", last = "Lee" })
      return session:execute(am.select(A.name, other.name):where(A.id:eq(other.id))):one()
    end)
    assert.same({ "Ann Lee", "Ann Lee" }, { row:unpack() })
  end)

  it("survive `..` of three operands on a stack that has just shrunk", function()
    for _ = 1, 20 do
      assert.is_false(pcall(function() return A().nothing end))
      collectgarbage()
      says("SELECT a.first || :first_1 || a.last AS name FROM a", am.select(A.name))
    end
  end)

  it("cannot be deleted without a deleter", function()
    raises("ArgumentError", function() am.del_attribute(A(), "name") end, "can't delete attribute 'name'")
    assert.equal("HybridExtensionType.HYBRID_PROPERTY",
      tostring(am.inspect(A).all_orm_descriptors.name.extension_type))
    assert.equal("name", am.inspect(A).all_orm_descriptors.name.__name__)
  end)
end)

describe("association proxies", function()
  local Base = am.declarative_base()
  local uk = am.Table("uk", Base.metadata, am.Column("u", am.ForeignKey("u.id")), am.Column("k", am.ForeignKey("k.id")))
  local U = Base:model("U", { __tablename__ = "u", id = id(), name = am.Column(am.String),
    kw = am.relationship("K", { secondary = uk }), keywords = am.association_proxy("kw", "word"),
    assoc = am.relationship("As", { back_populates = "user" }), ks = am.association_proxy("assoc", "k") })
  local K = Base:model("K", { __tablename__ = "k", id = id(), word = am.Column(am.String) })
  local As = Base:model("As", { __tablename__ = "asx", u_id = am.Column(am.ForeignKey("u.id"), { primary_key = true }),
    k_id = am.Column(am.ForeignKey("k.id"), { primary_key = true }), user = am.relationship(U,
      { back_populates = "assoc" }),
    k = am.relationship("K"), uname = am.association_proxy("user", "name") })

  it("are collections of values", function()
    local u = U()
    u.keywords:append("a")
    u.keywords = { "b", "c" }
    assert.equal(2, #u.keywords)
    assert.equal("b", u.keywords[1])
    assert.equal("c", u.kw[2].word)
    local words = u.keywords
    words[#words + 1] = "d"
    words:remove("b")
    assert.same({ "c", "d" }, u.keywords:to_list())
    assert.is_true(u.keywords:contains("d"))
    assert.equal("d", words:pop())
    assert.equal(1, #u.kw)
    local k = K { word = "z" }
    u.ks:append(k)
    assert.equal(k, u.assoc[1].k)
    assert.equal(u, u.assoc[1].user)
    assert.is_nil(As().uname)
    assert.equal("n", As { user = U { name = "n" } }.uname)
  end)

  it("of maps have a dict's methods, NULLs keep their places in lists", function()
    local base = am.declarative_base()
    local Owner = base:model("Owner", { __tablename__ = "o", id = id(),
      notes_ = am.relationship("Note", { collection_class = am.attribute_keyed_dict("key") }),
      list = am.relationship("Note", { overlaps = "notes_" }), words = am.association_proxy("list", "text"),
      notes = am.association_proxy("notes_", "text") })
    base:model("Note", { __tablename__ = "n", id = id(), key = am.Column(am.String), text = am.Column(am.String),
      o_id = am.Column(am.ForeignKey("o.id")) })
    local owner = Owner()
    owner.notes.a = "A"
    assert.equal("A", owner.notes:setdefault("a", "B"))
    assert.equal("C", owner.notes:setdefault("c", "C"))
    assert.equal(2, owner.notes:len())
    assert.equal("none", owner.notes:pop("x", "none"))
    owner.words = { "x", "y" }
    owner.words:set(1, am.null)
    assert.equal(2, #owner.words)
    assert.equal(am.null, owner.words[1])
    raises("ArgumentError", function()
      am.association_proxy("a", "b", { create_on_none_assignment = true, cascade_scalar_deletes = true })
    end, "parameters are mutually exclusive")
    says("EXISTS (SELECT 1 FROM n, o WHERE o.id = n.o_id AND n.text IS NULL)", Owner.words:is_(nil))
  end)

  it("are conditions on classes", function()
    says("EXISTS (SELECT 1 FROM k, uk, u WHERE u.id = uk.u AND k.id = uk.k AND k.word = :word_1)", U.keywords:eq("x"))
    says("EXISTS (SELECT 1 FROM k, uk, u WHERE u.id = uk.u AND k.id = uk.k AND k.word LIKE :word_1)",
      U.keywords:like("x%"))
    says("EXISTS (SELECT 1 FROM asx, u WHERE u.id = asx.u_id AND :param_1 = asx.k_id)", U.ks:contains(K { id = 3 }))
    says("EXISTS (SELECT 1 FROM asx, u WHERE u.id = asx.u_id AND (EXISTS (SELECT 1 FROM k WHERE k.id = asx.k_id AND "
      .. "k.word = :word_1)))", U.ks:any { word = "x" })
    says("(EXISTS (SELECT 1 FROM u, asx WHERE u.id = asx.u_id AND u.name IS NULL)) OR asx.u_id IS NULL",
      As.uname:eq(nil))
  end)
end)

describe("collections of other kinds", function()
  local function parent(collection_class)
    local Base = am.declarative_base()
    local P = Base:model("P", { __tablename__ = "p", id = id(), items = am.relationship("C", {
      collection_class = collection_class, back_populates = "p" }), names = am.association_proxy("items", "value",
        { creator = function(k, v) return Base.registry.class_registry.C { name = k, value = v } end }) })
    local C = Base:model("C", { __tablename__ = "c", id = id(), p_id = am.Column(am.ForeignKey("p.id")),
      name = am.Column(am.String), value = am.Column(am.String), p = am.relationship(P, { back_populates = "items" }) })
    return P, C
  end

  it("sets keep one of each", function()
    local P, C = parent("set")
    local p, a, b = P(), C(), C()
    p.items:add(a)
    p.items:add(a)
    p.items:add(b)
    assert.equal(2, #p.items)
    assert.is_true(p.items:contains(a))
    p.items:discard(a)
    assert.is_nil(a.p)
    a.p = p
    assert.equal(a, p.items[2])
    p.items = { b }
    assert.is_nil(a.p)
    raises("InvalidRequestError", function() p.items:remove(a) end, "x not in set")
  end)

  it("maps are keyed by an attribute", function()
    local P, C = parent(am.attribute_keyed_dict("name"))
    local p, a, b = P(), C { name = "a" }, C { name = "b" }
    p.items:set(a)
    p.items.b = b
    assert.equal(a, p.items.a)
    assert.equal(p, b.p)
    local seen = {}
    for key, item in p.items:items() do seen[#seen + 1] = key .. tostring(item == p.items[key]) end
    assert.same({ "atrue", "btrue" }, seen)
    local c = C { name = "a" }
    p.items.a = c
    assert.is_nil(a.p)
    p.items:remove(c)
    assert.is_nil(p.items.a)
    p.items = { a = a }
    assert.is_nil(b.p)
    p.items = { x = a } -- the key that counts is the item's own
    assert.equal(a, p.items.a)
    assert.is_nil(p.items.x)
    raises("ArgumentError", function() p.items = { a } end, "list is not dict%-like")
    raises("InvalidRequestError", function() p.items:set(C()) end, "key derived from <C at .* is not populated")
    raises("InvalidRequestError", function() C().p = p end, "can't populate value in keyed collection")
    local other = C { name = "a" }
    raises("InvalidRequestError", function() p.items:remove(other) end, "Can not remove '.*': collection holds")
    p.names.z = "zed"
    assert.equal("zed", p.items.z.value)
    p.names.z = "zoo"
    assert.equal("zoo", p.items.z.value)
    assert.equal("zoo", p.names.z)
    C { name = "q", p = p }
    assert.is_not_nil(p.items.q)
  end)

  it("classes of one's own", function()
    local Bag = {}
    Bag.__index = Bag
    function Bag:append(item) table.insert(self.data, item) end
    function Bag:remove(item)
      for i, other in ipairs(self.data) do
        if other == item then return table.remove(self.data, i) end
      end
    end
    function Bag:iterate() return self.data end
    local P, C = parent(function() return setmetatable({ data = {} }, Bag) end)
    local p, a = P(), C()
    p.items:append(a)
    assert.equal(p, a.p)
    assert.equal(a, p.items.data[1])
    a.p = nil
    assert.equal(0, #p.items.data)
    p.items = { a, C() }
    assert.equal(2, #p.items.data)
  end)

  it("keyed ones are given what a validator makes objects of", function()
    local Base = am.declarative_base()
    local C
    local P = Base:model("P", { __tablename__ = "p", id = id(), items = am.relationship("C", {
      collection_class = am.attribute_keyed_dict "name" }), make = am.validates("items", function(_, _, value)
        return type(value) == "string" and C { name = value } or value
      end) })
    C = Base:model("C", { __tablename__ = "c", id = id(), name = am.Column(am.String), p_id =
      am.Column(am.ForeignKey("p.id")) })
    local p = P { items = { a = "a" } }
    p.items.b = "b"
    assert.equal("a", p.items.a.name)
    assert.equal("b", p.items.b.name)
    local Q = Base:model("Q", { __tablename__ = "q", id = id(), items = am.relationship("D", {
      collection_class = am.attribute_keyed_dict "id" }) })
    Base:model("D", { __tablename__ = "d", id = id(), q_id = am.Column(am.ForeignKey("q.id")) })
    raises("ArgumentError", function() return Q { items = { a = "a" } } end, "cannot be part of 'Q.items'")
  end)

  it("name what they need", function()
    local P = parent("lst")
    raises("ArgumentError", function() P() end, "must be \"list\", \"set\"")
    P.__mapper__.registry:dispose()
  end)
end)

describe("values that change in place", function()
  local mutable = require "alchemoon.orm.ext.mutable"
  local Base = am.declarative_base()
  local Point = { __composite_values__ = function(self) return self.x, self.y end,
    changed = am.MutableComposite.changed }
  Point.__index = Point
  function Point.set(self, x)
    self.x = x
    self:changed()
  end
  local A = Base:model("A", { __tablename__ = "a", id = id(), data = am.Column(am.MutableDict.as_mutable(am.JSON)),
    tags = am.Column(am.MutableList.as_mutable(am.JSON)), px = am.Column(am.Integer), py = am.Column(am.Integer),
    p = am.composite(function(x, y) return setmetatable({ x = x, y = y }, Point) end, "px", "py") })

  local function persistent(values)
    local a = A(values)
    local session = { modified = {}, _transaction = {} }
    function session._modified_first(_, o)
      session.modified[o] = {}
      return session.modified[o]
    end
    a[1], a[2] = { session = session, lifecycle = "persistent" }, 1
    return a, session
  end

  it("are noticed by sweep", function()
    local a, session = persistent { id = 1, data = { k = 1 }, tags = { "x" } }
    assert.equal(1, a.data.k)
    mutable.sweep(session)
    assert.is_nil(session.modified[a])
    a.data.k = 2
    mutable.sweep(session)
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.data])
    assert.is_nil(session.modified[a][A.__mapper__.slot.tags])
    a.tags[1] = "y"
    mutable.sweep(session)
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.tags])
  end)

  it("are noticed at once through their methods", function()
    local a, session = persistent { id = 1, data = { k = 1 }, tags = { "x" } }
    a.tags:append("z")
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.tags])
    assert.equal(2, #a.tags)
    a.data:update { q = 1 }
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.data])
    raises("ArgumentError", function() a.data = 5 end, "does not accept objects of type <class 'number'>")
  end)

  it("composites tell their parent", function()
    local a, session = persistent { id = 1, px = 1, py = 2 }
    a.p:set(7)
    assert.equal(7, a.px)
    assert.is_not_nil(session.modified[a][A.__mapper__.slot.px])
  end)
end)

describe("annotations and small extensions", function()
  it("Mapped names types", function()
    local Base = am.declarative_base { type_annotation_map = { str50 = am.String(50) } }
    local Stamp = { made = am.Mapped("datetime?") }
    local A = Base:model("A", { __tablename__ = "a", __mixins__ = { Stamp }, id = am.Mapped("int",
      { primary_key = true }),
      name = am.Mapped("str50"), nick = am.Mapped("optional[str]"), b_id = am.Mapped("int?", am.ForeignKey("a.id")) })
    says("CREATE TABLE a ( id INTEGER NOT NULL, name VARCHAR(50) NOT NULL, nick VARCHAR, b_id INTEGER, made DATETIME, "
      .. "PRIMARY KEY (id), FOREIGN KEY(b_id) REFERENCES a (id) )",
        (tostring(am.CreateTable(A.__table__)):gsub("^%s+", "")
      :gsub("%s+$", "")))
    raises("ArgumentError", function()
      Base:model("B", { __tablename__ = "b", id = am.Mapped("intt", { primary_key = true }) })
    end, "annotation 'intt'.*did you mean 'int'")
  end)

  it("ordering_list numbers its items", function()
    local Base = am.declarative_base()
    local Slide = Base:model("Slide", { __tablename__ = "slide", id = id(), bullets = am.relationship("Bullet", {
      order_by = "Bullet.position", collection_class = am.ordering_list("position", { count_from = 1 }) }) })
    local Bullet = Base:model("Bullet", { __tablename__ = "bullet", id = id(), position = am.Column(am.Integer),
      slide_id = am.Column(am.ForeignKey("slide.id")) })
    local s, a, b, c = Slide(), Bullet(), Bullet(), Bullet()
    s.bullets:append(a)
    s.bullets:append(b)
    assert.equal(2, b.position)
    s.bullets:insert(1, c)
    assert.same({ 1, 2, 3 }, { c.position, a.position, b.position })
    s.bullets:remove(a)
    assert.equal(2, b.position)
    s.bullets = { b, c } -- a position that is there is kept
    assert.same({ 2, 1 }, { b.position, c.position })
    s.bullets:reorder()
    assert.same({ 1, 2 }, { b.position, c.position })
    s.bullets:reverse()
    assert.same({ 1, 2 }, { b.position, c.position })
  end)

  it("index_property reads one key", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind", { default = "none" }) })
    local a = A()
    assert.equal("none", a.kind)
    a.kind = "x"
    assert.same({ kind = "x" }, a.data)
    am.del_attribute(a, "kind")
    assert.same({ {}, "none" }, { a.data, a.kind })
    raises("ArgumentError", function() am.del_attribute(a, "kind") end, "^'data' has no 'kind'")
  end)

  it("index_property refuses to read what is not there, unless it has a default", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind"), soft = am.index_property("data", "soft", { default = am.null }) })
    raises("ArgumentError", function() return A().kind end, "^'data' has no 'kind'")
    raises("ArgumentError", function() return A { data = {} }.kind end, "^'data' has no 'kind'")
    assert.is_nil(A().soft)
  end)

  it("index_property counts positions from 1, the database as it does", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(),
      list = am.Column(am.ARRAY(am.Integer)), json = am.Column(am.JSON),
      second = am.index_property("list", 2), third = am.index_property("json", 3, { onebased = false }) })
    local a = A { second = 5, json = { 1, 2, 3 } }
    assert.same({ am.null, 5 }, a.list)
    a.third = 9
    assert.same({ 1, 2, 9 }, a.json)
    a.json = { 1 }
    raises("ArgumentError", function() a.third = 2 end, "^'json' has no position 3")
    local compiled = am.select(A.second, A.third):compile { dialect = "postgresql" }
    says("SELECT a.list[$1] AS anon_1, a.json -> $2 AS anon_2 FROM a", compiled)
    assert.same({ list_1 = 2, json_1 = 2 }, compiled.params)
  end)

  it("a mapper tells attributes from extensions", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind"), kinds = am.association_proxy("data", "x") })
    local all = am.inspect(A).all_orm_descriptors
    assert.equal(am.NotExtension.NOT_EXTENSION, all.data.extension_type)
    assert.equal(am.HybridExtensionType.HYBRID_PROPERTY, all.kind.extension_type)
    assert.equal(am.AssociationProxyExtensionType.ASSOCIATION_PROXY, all.kinds.extension_type)
    assert.equal("ASSOCIATION_PROXY", all.kinds.extension_type.name)
  end)

  it("a mapper lists them as they were written: its own, then its mixins', then its base's", function()
    local Base = am.declarative_base()
    local function show(self) return self.id end
    local Mixin = { extra = am.Column(am.Integer), mixed = am.hybrid_property(show) }
    local A = Base:model("A", { __tablename__ = "a", __mixins__ = { Mixin }, bs = am.relationship "B",
      shown = am.hybrid_property(show), id = id(), ids = am.association_proxy("bs", "id") })
    local B = Base:model("B", { __extends__ = A, __tablename__ = "b", shown = am.hybrid_property(show),
      id = am.Column(am.ForeignKey "a.id", { primary_key = true }), also = am.hybrid_property(show) })
    assert.same({ "bs", "shown", "id", "ids", "extra", "mixed" }, { unpack(am.inspect(A).all_orm_descriptors:keys()) })
    assert.same({ "also", "bs", "shown", "id", "ids", "extra", "mixed" },
      { unpack(am.inspect(B).all_orm_descriptors:keys()) })
  end)

  it("a hybrid that shows another attribute has its property, and another hybrid's update_expression", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), x = am.Column(am.Integer),
      y = am.hybrid_property(function(self) return self.x end),
      z = am.hybrid_property(function(self) return self.y end),
      sum = am.hybrid_property(function(self) return self.x + 1 end, {
        update_expression = function(cls, value) return { { cls.x, value - 1 } } end }),
      total = am.hybrid_property(function(self) return self.sum end) })
    assert.equal(A.x.property, A.y.property)
    assert.equal(A.x.property, A.z.property)
    says("UPDATE a SET x=:x", am.update(A):values { [A.total] = 5 })
  end)

  it("index_property begins with what datatype makes", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a", id = id(), data = am.Column(am.JSON),
      kind = am.index_property("data", "kind", { datatype = function() return { made = true } end }) })
    local a = A()
    a.kind = "x"
    assert.same({ made = true, kind = "x" }, a.data)
  end)
end)

describe("a hybrid in a SELECT", function()
  local Base = am.declarative_base()
  local Item
  local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String),
    sum = am.hybrid_property(function(self) return self.id + 1 end),
    small = am.hybrid_property(function(self) return am.func.lower(self.name) end),
    count = am.hybrid_property(function() return nil end, { expression = function(cls)
      return am.select(am.func.count(Item.id)):where(Item.user_id:eq(cls.id)):scalar_subquery()
    end }),
    any = am.hybrid_property(function() return nil end, { expression = function(cls)
      return am.exists():where(Item.user_id:eq(cls.id))
    end }),
    own = am.hybrid_property(function(self) return (self.id * 2):label "twice" end) })
  Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
    user_id = am.Column(am.ForeignKey "users.id") })
  local function text(stmt) return (tostring(stmt):gsub("%s+", " ")) end

  it("has the hybrid's name, but for a scalar subquery or EXISTS, which are anonymous", function()
    assert.equal("SELECT users.id + :id_1 AS sum FROM users", text(am.select(User.sum)))
    assert.matches("WHERE items.user_id = users.id%) AS anon_1, users.id FROM users$",
      text(am.select(User.count, User.id)))
    assert.matches("WHERE items.user_id = users.id%) AS anon_1, users.id FROM users$",
      text(am.select(User.any, User.id)))
  end)

  it("is nothing that UPDATE could assign to, unless it is a column or says what to assign", function()
    local ok, e = pcall(function() return tostring(am.update(User):values { { User.count, 5 } }) end)
    assert.is_false(ok)
    assert.matches("Unconsumed column names: count", e.message)
  end)

  it("gives rows its name, whatever the statement calls the column", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add_all { User { id = 4, name = "Ann" }, Item { user_id = 4 } }
      local row = session:execute(am.select(User.sum, User.small, User.count, User.any, User.own)):one()
      assert.same({ sum = 5, small = "ann", count = 1, any = true, own = 8 }, row:as_dict())
      local sub = am.select(User.id, User.sum, User.small, User.count, User.own):subquery("s")
      assert.same({ "id", "sum", "small", "count", "twice" }, sub.c:keys())
      row = session:execute(am.select(sub.c.sum, sub.c.small, sub.c.count, sub.c.twice):where(sub.c.sum:gt(1))):one()
      assert.same({ 5, "ann", 1, 8 }, { row:unpack() })
    end)
    engine:dispose()
  end)
end)
