-- Hybrids: methods on objects, SQL on classes; inherited, compared, selected and assigned to.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local function id() return am.Column(am.Integer, { primary_key = true }) end
local says = require("support.sql").says

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

  it("have the property of the attribute that they show, and another hybrid's update_expression", function()
    local B = am.declarative_base():model("B", { __tablename__ = "a", id = id(), x = am.Column(am.Integer),
      y = am.hybrid_property(function(self) return self.x end),
      z = am.hybrid_property(function(self) return self.y end),
      sum = am.hybrid_property(function(self) return self.x + 1 end, {
        update_expression = function(cls, value) return { { cls.x, value - 1 } } end }),
      total = am.hybrid_property(function(self) return self.sum end) })
    assert.equal(B.x.property, B.y.property)
    assert.equal(B.x.property, B.z.property)
    says("UPDATE a SET x=:x", am.update(A):values { [B.total] = 5 })
  end)

  it("assign the attribute that they show, whatever their own update_expression says", function()
    local B = am.declarative_base():model("B", { __tablename__ = "a", id = id(), x = am.Column(am.Integer),
      y = am.Column(am.Integer),
      shown = am.hybrid_property(function(self) return self.x end, {
        update_expression = function(cls, value) return { { cls.x, value }, { cls.y, value } } end }) })
    says("UPDATE a SET x=:x", am.update(B):values { [B.shown] = 5 })
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

describe("a hybrid whose function compares by ==", function()
  it("is refused on the class, where Lua has made a boolean of it", function()
    local Base = am.declarative_base()
    local Thing = Base:model("Thing", { __tablename__ = "thing", id = id(), x = am.Column(am.Integer),
      is_five = am.hybrid_property(function(self) return self.x == 5 end) })
    assert.is_true(Thing { x = 5 }.is_five)
    local refusal = "The expression of hybrid_property Thing.is_five got the Lua boolean false where an SQL "
      .. "expression is needed.+write a:eq%(b%)"
    for _, fn in ipairs { function() return Thing.is_five end, function() return am.aliased(Thing).is_five end,
      function() return am.select(Thing):filter_by { is_five = true } end } do
      raises("ArgumentError", fn, refusal)
    end
  end)
end)

describe("what a subclass has under the name of its base's column", function()
  local Base = am.declarative_base()
  local Person = Base:model("Person", { __tablename__ = "person", id = id(), title = am.Column(am.String(9)),
    note = am.Column(am.String(9)), kind = am.Column(am.String(9)),
    __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" } })
  local Doctor = Base:model("Doctor", { __extends__ = Person, __tablename__ = "doctor",
    __mapper_args__ = { polymorphic_identity = "dr" },
    id = am.Column(am.ForeignKey "person.id", { primary_key = true }),
    title = am.hybrid_property(function() return "Dr." end), note = function() return "a method" end })
  local Dean = Base:model("Dean", { __extends__ = Doctor, __mapper_args__ = { polymorphic_identity = "dean" } })

  it("takes its place, and the column is none of the subclass's", function()
    says("SELECT doctor.id, person.id AS id_1, person.kind FROM person JOIN doctor ON person.id = doctor.id",
      am.select(Doctor))
    says("SELECT person.id, person.title, person.note, person.kind FROM person", am.select(Person))
    assert.same({ "Dr.", "a method", "Dr." }, { Doctor {}.title, Doctor {}:note(), Dean {}.title })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add_all { Doctor { id = 1 }, Person { id = 2, title = "Ms" } }
      session:commit()
      session:expunge_all()
      local all = session:scalars(am.select(Person):order_by(Person.id)):all()
      assert.same({ "Dr.", "Ms" }, { all[1].title, all[2].title })
    end)
    engine:dispose()
  end)

  it("are read by a declared_attr before their class is mapped", function()
    local function body(more)
      local hybrids = {
        doubled = am.declared_attr(function(cls) return am.column_property(cls.twice) end),
        shifted = am.declared_attr(function(cls) return am.column_property(cls:plus(7)) end),
        twice = am.hybrid_property(function(self) return self.n * 2 end),
        plus = am.hybrid_method(function(self, k) return self.n + k end) }
      for key, value in pairs(more) do hybrids[key] = value end
      return hybrids
    end
    local Own = Base:model("OwnHybrids", body { __tablename__ = "own_hybrids", id = id(), n = am.Column(am.Integer) })
    says("SELECT own_hybrids.n * :n_1 AS anon_1 FROM own_hybrids", am.select(Own.doubled))
    says("SELECT own_hybrids.n + :n_1 AS anon_1 FROM own_hybrids", am.select(Own.shifted))
    local Mixed = Base:model("MixedHybrids", { __tablename__ = "mixed_hybrids", __mixins__ = { body {} }, id = id(),
      n = am.Column(am.Integer) })
    says("SELECT mixed_hybrids.n * :n_1 AS anon_1 FROM mixed_hybrids", am.select(Mixed.doubled))
  end)
end)

describe("what an UPDATE or INSERT assigns", function()
  local Base = am.declarative_base()
  local price = am.Column("price", am.Integer)
  local Dish = Base:model("Dish", { __tablename__ = "dish", id = id(), price = price,
    gross = am.hybrid_property(function(self) return self.price * 2 end),
    taxed = am.hybrid_property(function(self) return self.price end, {
      expression = function(cls) return (cls.price + 4):label "taxed" end,
    }),
    same = am.hybrid_property(function(self) return self.price end),
    net = am.column_property(price - 1) })

  it("stands in parentheses behind a hybrid, a label and a column property as well", function()
    local function update(value) return am.update(Dish):values { price = value } end
    says("UPDATE dish SET price=(dish.price * :price_1)", update(Dish.gross))
    says("UPDATE dish SET price=(dish.price + :price_1)", update(Dish.taxed))
    says("UPDATE dish SET price=(dish.price - :price_1)", update(Dish.net))
    says("UPDATE dish SET price=dish.price", update(Dish.same))
    says("INSERT INTO dish (price) VALUES ((dish.price * :price_1))", am.insert(Dish):values { price = Dish.gross })
  end)
end)
