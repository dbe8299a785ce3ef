-- Declarative: bodies, mixins, tables, constructors, misspellings.
local am = require "alchemoon"
local logged = require "support.logged"
local raises = require("support.init").raises_exc

local unpack = table.unpack or unpack

local function base() return am.declarative_base() end

local function names(list)
  local out = {}
  for i, column in ipairs(list) do out[i] = column.name end
  return table.concat(out, " ")
end
local core = require "alchemoon.core"
local function columns(cls) return names(core.node_get(cls.__table__, "columns")) end

describe("declarative", function()
  it("puts columns into the table in the order in which they were written, mixins last", function()
    local Base = base()
    local Stamps = { created = am.Column(am.Integer), updated = am.Column(am.Integer) }
    local User = Base:model("User", {
      __tablename__ = "users", __mixins__ = { Stamps },
      zeta = am.Column(am.Integer, { primary_key = true }), alpha = am.Column(am.String(5)),
      email = am.Column("email_address", am.String(9)),
    })
    assert.equal("zeta alpha email_address created updated", columns(User))
    assert.is_nil(Stamps.created.table)
    local Other = Base:model("Other", {
      __tablename__ = "others", __mixins__ = { Stamps }, id = am.Column(am.Integer, { primary_key = true }) })
    assert.equal("id created updated", columns(Other))
    assert.equal(7, User { email = "x", created = 7 }.created)
  end)

  it("tells classes before and after each configuration: __declare_first__, __declare_last__", function()
    local Base, log = base(), {}
    local Told = {}
    function Told.__declare_first__(cls) log[#log + 1] = "first " .. cls.__name__ end
    function Told.__declare_last__(cls) log[#log + 1] = "last " .. cls.__name__ end
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    Base:model("A", { __tablename__ = "a", __mixins__ = { Told }, id = id() })
    local B = Base:model("B", { __tablename__ = "b", id = id(), __declare_last__ = function(cls)
      if not am.inspect(cls).attrs:contains "twice" then cls.twice = am.column_property(cls.id * 2) end
    end })
    am.configure_mappers()
    assert.same({ "first A", "last A" }, log)
    assert.matches("b.id %* ", tostring(am.select(B.twice)))
    Base:model("C", { __tablename__ = "c", __mixins__ = { Told }, id = id() })
    am.configure_mappers()
    assert.same({ "first A", "first C", "last A", "last C" }, { unpack(log, #log - 3) })
    Base.registry:dispose()
  end)

  it("puts a mixin's columns before those that its functions make, and the class's own where they stand", function()
    local Base = am.declarative_base()
    local function column() return am.Column(am.Integer) end
    local function made() return am.declared_attr(column) end
    local Abstract = Base:model("Abstract", { __abstract__ = true, m = column(), n = made(), o = column() })
    local T = Base:model("T", { __extends__ = Abstract, __mixins__ = { { x = made(), y = column() } },
      __tablename__ = "t", a = column(), b = made(), id = am.Column(am.Integer, { primary_key = true }) })
    assert.equal("a b id y x m o n", columns(T))
  end)

  it("takes column_prefix for no part of the names that include_properties lists", function()
    local Base = am.declarative_base()
    local T = Base:model("T", { __table__ = am.Table("t", Base.metadata, am.Column("id", am.Integer,
      { primary_key = true }), am.Column("a", am.Integer), am.Column("b", am.Integer)),
      __mapper_args__ = { include_properties = { "id", "a" }, column_prefix = "_" } })
    local keys = am.inspect(T).attrs:keys()
    table.sort(keys)
    assert.same({ "_a", "_id" }, { keys[1], keys[2], keys[3] })
  end)

  it("sorts by sort_order before the order of writing", function()
    local User = base():model("User", { __tablename__ = "users",
      a = am.Column(am.Integer, { sort_order = 1 }), id = am.Column(am.Integer, { primary_key = true }),
      b = am.Column(am.Integer, { sort_order = -1 }) })
    assert.equal("b id a", columns(User))
  end)

  it("has methods, constants and metamethods on instances", function()
    local User = base():model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(5)), LIMIT = 5, early = function(self) return self.name .. "!" end })
    function User:late() return self.name .. "?" end
    User.__tostring = function(self) return "User(" .. self.name .. ")" end
    local ann = User { name = "ann" }
    assert.equal("ann!", ann:early())
    assert.equal("ann?", ann:late())
    assert.equal(5, ann.LIMIT)
    assert.equal("User(ann)", tostring(ann))
  end)

  it("hands constants down, also false", function()
    local Base = am.declarative_base { cls = { basal = false } }
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      written = false })
    local B = Base:model("B", { __extends__ = A, __mixins__ = { { mixed = false } } })
    A.later = false
    for _, name in ipairs { "basal", "written", "later", "mixed" } do
      assert.is_false(B[name])
      assert.is_false(B {}[name])
    end
  end)

  it("leaves an insert sentinel to INSERT", function()
    local A = am.declarative_base():model("A", { __tablename__ = "a",
      id = am.Column(am.Integer, { primary_key = true }), x = am.Column(am.Integer), mark = am.orm_insert_sentinel() })
    assert.same({ "id", "x" }, { unpack(am.inspect(A).attrs:keys()) })
    assert.same({ "id", "x", "mark" }, { unpack(A.__table__.c:keys()) })
    assert.matches("^SELECT a.id, a.x%s+FROM a$", tostring(am.select(A)))
    am.Session(am.create_engine "sqlite://", function(session)
      A.metadata:create_all(session:get_bind())
      session:add_all { A { x = 1 }, A { x = 2 } }
      session:commit()
      assert.equal(2, session:scalar(am.select(am.func.count(A.id))))
    end)
  end)

  it("shows objects by their class, until the class or a base says otherwise", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    local B = Base:model("B", { __extends__ = A })
    local C = Base:model("C", { __extends__ = A, __mixins__ = { { __tostring = function() return "c" end } } })
    assert.matches("^<A object at 0x%x+>$", tostring(A()))
    assert.matches("^<B object at 0x%x+>$", tostring(B()))
    A.__tostring = function() return "a" end
    assert.same({ "a", "a", "c" }, { tostring(A()), tostring(B()), tostring(C()) })
  end)

  it("evaluates declared_attr for each class, and takes abstract bases apart", function()
    local Base = base()
    local Named = {
      __tablename__ = am.declared_attr(function(cls) return cls.__name__:lower() .. "s" end),
      id = am.Column(am.Integer, { primary_key = true }),
      owner_id = am.declared_attr(function() return am.Column(am.Integer, { index = true }) end),
    }
    local Thing = Base:model("Thing", { __mixins__ = { Named } })
    local Root = Base:model("Root", { __abstract__ = true, key = am.Column(am.Integer, { primary_key = true }),
      hello = function() return "hello" end })
    local Leaf = Base:model("Leaf", { __extends__ = Root, __tablename__ = "leaf", x = am.Column(am.Integer) })
    assert.equal("things", Thing.__table__.name)
    assert.equal("id owner_id", columns(Thing))
    assert.equal("x key", columns(Leaf))
    assert.equal("hello", Leaf():hello())
    assert.is_nil(Root.__mapper__)
  end)

  it("lets declared_attr use the columns of the class, also those of mixins and of other declared_attr", function()
    local Base = am.declarative_base()
    local Owned = {
      weight = am.Column(am.Integer),
      owner_id = am.declared_attr(function() return am.Column(am.ForeignKey("users.id")) end),
      owner = am.declared_attr(function(cls)
        return am.relationship("User", { foreign_keys = { cls.owner_id } })
      end),
      double = am.declared_attr(function(cls) return am.column_property(cls.weight * 2) end),
    }
    Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }) })
    local A = Base:model("A", { __tablename__ = "a", __mixins__ = { Owned },
      id = am.Column(am.Integer, { primary_key = true }) })
    local B = Base:model("B", { __tablename__ = "b", __mixins__ = { Owned },
      id = am.Column(am.Integer, { primary_key = true }), other = am.Column(am.ForeignKey("users.id")) })
    am.configure_mappers()
    assert.equal("users.id = a.owner_id", tostring(am.inspect(A).relationships.owner.primaryjoin))
    assert.equal("users.id = b.owner_id", tostring(am.inspect(B).relationships.owner.primaryjoin))
    assert.matches("SELECT b.weight %* :param_1 AS anon_1", tostring(am.select(B.double)))
  end)

  it("takes literal_column() and column() for expressions, not for columns of the table", function()
    local Base = base()
    local A
    local said = logged(function()
      A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
        six = am.column_property(am.literal_column("2 * 3", am.Integer)), raw = am.literal_column "5", kind = am.String,
        after = am.column_property(am.column "id" + 1) })
    end)
    A.five = am.column_property(am.literal_column "5")
    assert.same({ "id" }, A.__table__.c:keys())
    assert.equal("SELECT 2 * 3, id + :id_1 AS anon_1, a.id, 5 FROM a", (tostring(am.select(A)):gsub("%s+", " ")))
    table.sort(said)
    assert.matches("^Attribute 'kind' on class <class 'A'> is a type, not a column", said[1])
    assert.matches("^Attribute 'raw' on class <class 'A'> appears to be a non%-schema SQL expression", said[2])
    assert.equal(2, #said)
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(A { id = 1 })
      session:flush()
      session:expunge_all()
      local one = session:get(A, 1)
      assert.same({ 6, 2, 5 }, { one.six, one.after, tonumber(one.five) })
    end)
    engine:dispose()
  end)

  it("warns of columns that are named twice and of columns in a list", function()
    local said = logged(function()
      local Base = am.declarative_base()
      local q = am.Column("q", am.Integer)
      Base:model("X", { __tablename__ = "x", id = am.Column(am.Integer, { primary_key = true }), a = q, b = q })
      Base:model("Y", { __tablename__ = "y", id = am.Column(am.Integer, { primary_key = true }),
        a = { am.Column(am.Integer) } })
      local one = am.Table("one", Base.metadata, am.Column("id", am.Integer, { primary_key = true }))
      local two = am.Table("two", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("one_id", am.ForeignKey "one.id"))
      Base:model("Both", { __table__ = am.join(one, two), id = am.column_property(one.c.id, two.c.one_id),
        two_id = two.c.id }) -- two columns of one name: no warning
    end)
    assert.equal(2, #said)
    assert.matches("^On class 'X', Column object 'q' named directly multiple times, only one will be used: a, b%.",
      said[1])
    assert.matches("^Ignoring declarative%-like list value of attribute 'a'", said[2])
  end)

  it("keeps what is added later behind what was declared", function()
    local Base = am.declarative_base()
    local Late = Base:model("Late", { __tablename__ = "late", id = am.Column(am.Integer, { primary_key = true }) })
    Late.extra = am.Column(am.Integer)
    Late.twice = am.column_property(Late.extra * 2)
    assert.same({ "id", "extra", "twice" }, { unpack(am.inspect(Late).attrs:keys()) })
  end)

  it("accepts an explicit table and attributes under other names", function()
    local Base = base()
    local t = am.Table("things", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("nm", am.String(5)))
    local Thing = Base:model("Thing", { __table__ = t, name = t.c.nm })
    local one = Thing { id = 1, name = "x" }
    assert.equal("x", one.name)
    raises("ArgumentError", function() return one.nm end, "no attribute 'nm'")
  end)

  it("names what is wrong with a body, a constructor, a read", function()
    local Base = base()
    raises("ArgumentError", function() Base:model("A", { __tablename__ = "a", x = am.Column(am.Integer) }) end,
      "Mapper Mapper%[A%(a%)%] could not assemble any primary key columns for mapped table 'a'")
    raises("InvalidRequestError", function() Base:model("B", { x = am.Column(am.Integer) }) end,
      "does not have a __table__ or __tablename__ specified")
    raises("InvalidRequestError", function() Base:model("B", { __tablname__ = "b", x = am.Column(am.Integer) }) end,
      "It has '__tablname__'; did you mean '__tablename__'%?$")
    raises("InvalidRequestError", function()
      Base:model("C", { __tablename__ = "c", metadata = am.Column(am.Integer, { primary_key = true }) })
    end, "Attribute name 'metadata' is reserved")
    local D = Base:model("D", { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }) })
    raises("InvalidRequestError", function()
      Base:model("D2", { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }) })
    end, "already defined for this MetaData instance")
    raises("ArgumentError", function() return D { idd = 1 } end,
      "'idd' is an invalid attribute for D; did you mean 'id'")
    raises("ArgumentError", function() return D().idd end, "'D' object has no attribute 'idd'; did you mean 'id'")
    raises("ArgumentError", function() return D.idd end, "type object 'D' has no attribute 'idd'; did you mean 'id'")
    raises("ArgumentError", function()
      Base:model("E", { __tablename__ = "e", __mapper_args__ = { eager_default = true },
        id = am.Column(am.Integer, { primary_key = true }) })
    end, "did you mean 'eager_defaults'")
  end)

  it("tells an object its class and the class its name", function()
    local Base = am.declarative_base()
    local Animal = Base:model("Animal", { __tablename__ = "animals",
      id = am.Column(am.Integer, { primary_key = true }) })
    local Cat = Base:model("Cat", { __extends__ = Animal })
    assert.equal(Cat, Cat {}.__class__)
    assert.same({ "Cat", "Animal" }, { Cat {}.__class__.__name__, Animal {}.__class__.__name__ })
  end)

  it("lets unmapped names be plain attributes of an object", function()
    local D = base():model("D", { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }) })
    local d = D()
    d._cache, d.extra = 1, 2
    assert.equal(3, d._cache + d.extra)
    assert.is_nil(d._nothing)
  end)

  it("maps columns that are assigned later", function()
    local D = base():model("D", { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }) })
    D.name = am.Column(am.String(5))
    D.alias = am.synonym("name")
    local d = D { name = "x" }
    assert.equal("x", d.alias)
    d.alias = "y"
    assert.equal("y", d.name)
    assert.equal("id name", columns(D))
  end)

  it("reads an attribute in its new way when a listener, a validator or a column comes after the first read", function()
    local Base = am.declarative_base()
    local Thing = Base:model("Thing", { __tablename__ = "things", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)), size = am.Column(am.Integer) })
    local thing = Thing { name = "a", size = 2 }
    assert.same({ "a", 2 }, { thing.name, thing.size })
    assert.is_nil(thing.id)
    Thing.colour = am.Column(am.String(20))
    Thing.title = am.synonym("name")
    Thing.double = am.hybrid_property(function(self) return self.size * 2 end)
    thing.colour = "red"
    assert.same({ "red", "a", 4 }, { thing.colour, thing.title, thing.double })
    am.event.listen(Thing.name, "set", function(_, value) return value:upper() end, { retval = true })
    thing.name = "b"
    assert.same({ "B", "B" }, { thing.name, thing.title })
    assert.has_error(function() return thing.nmae end)
  end)

  it("takes any number of attributes, plain columns and others, in one constructor", function()
    local Base = am.declarative_base()
    local body = { __tablename__ = "wide", id = am.Column(am.Integer, { primary_key = true }) }
    for i = 1, 40 do body["c" .. i] = am.Column(am.Integer) end
    local Wide = Base:model("Wide", body)
    Wide.seventh = am.synonym("c7")
    local values = { seventh = "seven" }
    for i = 1, 40 do
      if i ~= 7 then values["c" .. i] = i end
    end
    local wide = Wide(values)
    for i = 1, 40 do assert.equal(i == 7 and "seven" or i, wide["c" .. i]) end
    values.c41 = 41
    local ok, e = pcall(Wide, values)
    assert.is_false(ok)
    assert.matches("'c41' is an invalid attribute for Wide", tostring(e))
    assert.is_nil(Wide {}.c1)
  end)

  it("calls the user's own constructor", function()
    local D = base():model("D", { __tablename__ = "d", id = am.Column(am.Integer, { primary_key = true }),
      __init__ = function(self, a, b) self.id = a + b end })
    assert.equal(3, D(1, 2).id)
  end)

  it("lets a constructor of the user's go on to that of its base, which is the usual one in the end", function()
    local Base = base()
    local Pet = Base:model("Pet", { __tablename__ = "pets", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(9)),
      __init__ = function(self, name, values)
        Base.__init__(self, values)
        self.name = name
      end })
    local Dog = Base:model("Dog", { __extends__ = Pet,
      __init__ = function(self, name) Pet.__init__(self, name, { id = 7 }) end })
    local rex = Dog "rex"
    assert.same({ 7, "rex" }, { rex.id, rex.name })
    local e = select(2, pcall(Pet, "tom", { nmae = "x" }))
    assert.matches("'nmae' is an invalid attribute for Pet; did you mean 'name'%?", tostring(e))
    local Plain = Base:model("Plain", { __tablename__ = "plain", id = am.Column(am.Integer, { primary_key = true }) })
    local plain = Plain {}
    Plain.__init__(plain, { id = 3 })
    assert.equal(3, plain.id)
  end)

  it("lets a declared_attr add to its class, and am.null say that there is no table name", function()
    local Base = am.declarative_base { cls = {
      __tablename__ = am.declared_attr(function(cls) return cls.__name__:lower() end),
      id = am.Column(am.Integer, { primary_key = true }) } }
    local Note = Base:model("Note", { text = am.Column(am.String(9)), a_id = am.Column(am.ForeignKey("a.id")),
      kind = am.Column(am.String(9)), __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "note" } })
    local Memo = Base:model("Memo", { __extends__ = Note, __tablename__ = am.null,
      __mapper_args__ = { polymorphic_identity = "memo" } })
    local Noted = { notes = am.declared_attr(function(cls)
      cls.texts = am.association_proxy("notes", "text", { creator = function(text) return Note { text = text } end })
      return am.relationship("Note")
    end) }
    local A = Base:model("A", { __mixins__ = { Noted } })
    assert.equal(Note.__table__, Memo.__table__)
    local a = A { texts = { "x", "y" } }
    assert.equal("y", a.notes[2].text)
  end)

  it("hands a declared_attr of __mapper_args__ down to subclasses", function()
    local Person = base():model("Person", { __tablename__ = "p", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String(9)), __mapper_args__ = am.declared_attr(function(cls)
        return { polymorphic_on = cls.__name__ == "Person" and "kind" or nil, polymorphic_identity = cls.__name__ }
      end) })
    local Engineer = Person:model("Engineer", {
      id = am.Column(am.Integer, { primary_key = true, use_existing_column = true }) })
    assert.equal("Engineer", am.inspect(Engineer).polymorphic_identity)
    assert.equal("Engineer", Engineer {}.kind)
  end)

  it("makes bases and adds attributes under SQLAlchemy's other names, too", function()
    local md = am.MetaData()
    local Base = am.as_declarative { metadata = md } (am.declarative_mixin {
      __name__ = "Own", greet = function(self) return "hi " .. self.id end })
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    am.add_mapped_attribute(A, "x", am.Column(am.Integer))
    assert.equal("hi 3", A { id = 3, x = 1 }:greet())
    assert.equal(md, Base.metadata)
    assert.equal("a.x", tostring(A.__table__.c.x))
    assert.equal(md, am.DeclarativeBase { metadata = md }.metadata)
    raises("ArgumentError", function() am.add_mapped_attribute({}, "x", 1) end, "a mapped class is needed")
  end)

  it("says that a class takes over the name of another, and that a column has a table already", function()
    local Base, said = am.declarative_base(), nil
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    local shared = am.Column(am.Integer)
    local first = Base:model("Twin", { __tablename__ = "twin", id = id(), shared = shared })
    local former = am.logging.set_handler(function(record) said = record.message end)
    local ok, e = pcall(Base.model, Base, "Twin", { __tablename__ = "twin_2", id = id() })
    am.logging.set_handler(former)
    assert.is_true(ok, tostring(e))
    assert.matches("already contains a class with the same class name and module name as Twin", said)
    raises("ArgumentError", function() Base:model("Late", { __tablename__ = "late", id = id(), shared = shared }) end,
      "Column object 'shared' already assigned to Table 'twin'")
    assert.truthy(first)
  end)

  it("refuses what cannot be mapped or unmapped", function()
    local Base = base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }) })
    raises("InvalidRequestError", function() A.id = nil end, "Can't un%-map individual mapped attributes")
    local from = am.select(A.__table__):subquery()
    local Sub = Base:model("Sub", { __table__ = from, __mapper_args__ = { primary_key = { from.c.id } } })
    raises("InvalidRequestError", function() Sub.x = am.Column(am.Integer) end,
      "Cannot add a new attribute to mapped class 'Sub' because it's not mapped against a table")
    raises("ArgumentError", function() Sub:model("Below", { y = am.Column(am.Integer) }) end,
      "Can't declare columns on single%-table%-inherited subclass <class 'Below'>; superclass <class 'Sub'> is not")
    raises("ArgumentError", function()
      Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer), a = am.relationship("A"),
        __mapper_args__ = { primary_key = { "a" } } })
    end, "Can't determine primary_key column 'a'; property does not refer to a single mapped Column")
    raises("ArgumentError", function() Base:model("C", { __tablename__ = "c", __table_args__ = "x" }) end,
      "__table_args__ value must be a list, a table of options, or nil; got %a+$")
  end)

  it("runs one reconstructor for a loaded object: that of its class before that of a base", function()
    local Base, log = base(), {}
    local function mark(name) return am.reconstructor(function() log[#log + 1] = name end) end
    local function args(name) return { polymorphic_identity = name, polymorphic_on = name == "a" and "type" or nil } end
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      type = am.Column(am.String), on_load = mark "A", __mapper_args__ = args "a" })
    local B = Base:model("B", { __extends__ = A, on_load = mark "B", __mapper_args__ = args "b" })
    local C = Base:model("C", { __extends__ = B, __mapper_args__ = args "c" })
    local D = Base:model("D", { __extends__ = A, ready = mark "D", __mapper_args__ = args "d" })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all { A(), B(), C(), D() }
    session:commit()
    session:expunge_all()
    session:scalars(am.select(A):order_by(A.id)):all()
    assert.same({ "A", "B", "B", "D" }, log)
  end)

  it("lets statements be built over a class that refers to one which does not exist yet", function()
    local Base = base()
    local Pet = Base:model("Pet", { __tablename__ = "pet", id = am.Column(am.Integer, { primary_key = true }),
      owner_id = am.Column(am.ForeignKey("owner.id")), owner = am.relationship("Owner", { backref = "pets" }) })
    local id = am.Column(am.Integer, { primary_key = true })
    local both = am.select(Pet)
    local Owner = Base:model("Owner", { __tablename__ = "owner", id = id, count = am.column_property(
      am.select(am.func.count(Pet.id)):where(Pet.owner_id:eq(id)):correlate_except(Pet):scalar_subquery()) })
    assert.truthy(tostring(am.select(Owner)):find("(SELECT count(pet.id) AS count_1", 1, true))
    assert.truthy(tostring(both:join(Pet.owner)):find("JOIN owner ON owner.id = pet.owner_id", 1, true))
  end)

  it("leaves other bases usable when one fails to configure", function()
    local Bad, Good = base(), base()
    local A = Bad:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      b = am.relationship("Nowhere") })
    local G = Good:model("G", { __tablename__ = "g", id = am.Column(am.Integer, { primary_key = true }) })
    assert.equal(1, G { id = 1 }.id)
    raises("InvalidRequestError", function() return A {} end, "^When initializing mapper")
    raises("InvalidRequestError", function() return A {} end, "^One or more mappers failed to initialize")
    raises("InvalidRequestError", am.configure_mappers, "^One or more mappers failed to initialize")
    assert.equal(2, G { id = 2 }.id)
    Bad.registry:dispose()
    am.configure_mappers()
  end)

  it("tells the base that refers to one which failed, at its first use", function()
    local Bad, Good, id = base(), base(), am.Column(am.Integer, { primary_key = true })
    local A = Bad:model("A", { __tablename__ = "a", id = id, b = am.relationship("Nowhere") })
    local G
    G = Good:model("G", { __tablename__ = "g", id = am.Column(am.Integer, { primary_key = true }),
      a_id = am.Column(am.Integer), all = am.relationship(A, { primaryjoin = function()
        return am.foreign(G.a_id):eq(A.id)
      end }) })
    local H = base():model("H", { __tablename__ = "h", id = am.Column(am.Integer, { primary_key = true }) })
    assert.equal(1, H { id = 1 }.id)
    raises("InvalidRequestError", function() return G {} end, "^When initializing mapper Mapper%[A%(a%)%]")
    raises("InvalidRequestError", function() return A {} end, "^One or more mappers failed to initialize")
    assert.equal(2, G { id = 2 }.id)
    Bad.registry:dispose { cascade = true }
    assert.equal(0, #Good.registry.mappers)
  end)
end)

describe("__autoload_with__", function()
  it("reflects the table of a class, or of all below a base that has it", function()
    local engine = am.create_engine("sqlite://")
    engine:begin(function(conn)
      conn:exec_driver_sql("create table users (id integer primary key, name varchar(50))")
      conn:exec_driver_sql("create table posts (id integer primary key, user_id integer references users(id))")
    end)
    local Base = am.declarative_base()
    local User = Base:model("User", { __tablename__ = "users", __autoload_with__ = engine,
      posts = am.relationship("Post", { backref = "user" }) })
    local Reflected = Base:model("Reflected", { __abstract__ = true, __autoload_with__ = engine })
    local Post = Base:model("Post", { __extends__ = Reflected, __tablename__ = "posts",
      number = am.Column("id", am.Integer, { primary_key = true }) })
    am.Session(engine, function(session)
      session:add(User { name = "u", posts = { Post { number = 3 } } })
      session:commit()
      assert.equal("u", session:get(Post, 3).user.name)
    end)
    engine:dispose()
  end)
end)

describe("a mixin", function()
  it("may have columns that the given table has, but no others", function()
    local Base = am.declarative_base()
    local given = am.Table("given", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("data", am.Integer))
    local A = Base:model("A", { __table__ = given, __mixins__ = { { data = am.Column(am.Integer),
      number = am.Column("id", am.Integer) } } })
    assert.equal(given.c.data, A.data.property.columns[1])
    raises("ArgumentError", function()
      Base:model("B", { __table__ = given, __mixins__ = { { more = am.Column(am.Integer) } } })
    end, "Can't add additional column 'more' when specifying __table__")
  end)

  it("with a cascading attribute warns the subclass that has its own", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      __mixins__ = { { x = am.declared_attr.cascading(function() return am.Column(am.Integer) end) } } })
    local warnings = logged(function()
      Base:model("B", { __extends__ = A, __tablename__ = "b", x = am.Column(am.Integer),
        id = am.Column(am.ForeignKey "a.id", { primary_key = true }) })
    end)
    assert.matches("^Attribute 'x' on class .*B.* cannot be processed due to @declared_attr.cascading; skipping",
      warnings[1])
  end)
end)

it("one column object under two names is warned of", function()
  local column = am.Column(am.Integer, { primary_key = true })
  local warnings = logged(function()
    am.declarative_base():model("A", { __tablename__ = "a", id = column, other = column })
  end)
  assert.matches("Column object 'id' named directly multiple times, only one will be used: id, other", warnings[1])
end)
