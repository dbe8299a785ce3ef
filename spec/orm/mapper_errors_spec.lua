-- Mappings that SQLAlchemy refuses or warns of: the same class of error at the same moment.
local am = require "alchemoon"
local logged = require "support.logged"
local raises = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 143

local function key() return am.Column(am.Integer, { primary_key = true }) end

describe("a mapping", function()
  local Base
  before_each(function() Base = am.declarative_base() end)

  it("refuses an attribute of a condition's text that is no column", function()
    Base:model("A", { __tablename__ = "a", id = key(), bs = am.relationship("B", { order_by = "A.bs" }) })
    Base:model("B", { __tablename__ = "b", id = key(), a_id = am.Column(am.ForeignKey "a.id") })
    raises("InvalidRequestError", function()
      Base.registry:configure()
    end, "Property 'bs' is not an instance of ColumnProperty")
  end)

  it("refuses a discriminator of another table", function()
    local other = am.Table("other", am.MetaData(), am.Column("kind", am.String(5)))
    raises("InvalidRequestError", function()
      Base:model("A", { __tablename__ = "a", id = key(), __mapper_args__ = { polymorphic_on = other.c.kind } })
    end, "Could not map polymorphic_on column 'kind' to the mapped table")
  end)

  it("refuses a discriminator that a subquery has of another table", function()
    local other = am.Table("other", am.MetaData(), am.Column("kind", am.String(5)))
    local sub = am.select(other.c.kind):subquery()
    raises("InvalidRequestError", function()
      Base:model("A", { __tablename__ = "a", id = key(), __mapper_args__ = { polymorphic_on = sub.c.kind } })
    end, "Could not map polymorphic_on column 'kind' to the mapped table")
  end)

  it("refuses one column for an attribute that the base has under another, unless the class declares it", function()
    local reg = am.registry()
    local base = am.Table("base", reg.metadata, am.Column("k", am.Integer, { primary_key = true }))
    local sub = am.Table("sub", reg.metadata, am.Column("k", am.ForeignKey "base.k", { primary_key = true }))
    local A, B = { __name = "A" }, { __name = "B" }
    reg:map_imperatively(A, base, { properties = { id = base.c.k } })
    raises("InvalidRequestError", function()
      reg:map_imperatively(B, sub, { inherits = A, properties = { id = sub.c.k } })
    end, "Implicitly combining column base.k with column sub.k under attribute 'id'")
    reg:dispose()
    local C = Base:model("C", { __tablename__ = "c", id = am.Column("k", am.Integer, { primary_key = true }) })
    local D = Base:model("D", { __extends__ = C, __tablename__ = "d",
      id = am.Column("k", am.ForeignKey "c.k", { primary_key = true }) })
    assert.equal(2, #am.inspect(D).attrs.id.columns)
  end)

  it("lets a column take the place of the base's relationship under a name that is not its own", function()
    local other = Base:model("Other", { __tablename__ = "other", id = key() })
    local A = Base:model("A", { __tablename__ = "a", id = key(), other_id = am.Column(am.ForeignKey "other.id"),
      what = am.relationship("Other") })
    local function sub(column)
      return function()
        return Base:model("B", { __extends__ = A, __tablename__ = "b", what = column,
          id = am.Column(am.ForeignKey "a.id", { primary_key = true }) })
      end
    end
    raises("ArgumentError", sub(am.Column(am.String(9))), "^WARNING: when configuring property 'what' on Mapper")
    Base.metadata:remove(Base.metadata.tables.b)
    local B = sub(am.Column("text", am.String(9)))()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add_all { other { id = 1 }, A { id = 1, other_id = 1 }, B { id = 2, other_id = 1, what = "t" } }
      session:commit()
      assert.equal("t", session:get(B, 2).what)
      session:expunge_all()
      assert.equal(1, session:get(A, 1).what.id)
    end)
    engine:dispose()
  end)

  it("refuses a comparator_factory that is no table", function()
    local function make() end
    for _, case in ipairs { { "column_property", am.column_property, am.Column("x", am.Integer) },
      { "synonym", am.synonym, "x" }, { "composite", am.composite, make }, { "relationship", am.relationship, "A" } } do
      raises("ArgumentError", function()
        case[2](case[3], { comparator_factory = make })
      end, "^" .. case[1] .. ": comparator_factory is a table of methods")
    end
  end)

  it("refuses polymorphic_load of a concrete class", function()
    local A = Base:model("A", { __tablename__ = "a", id = key() })
    raises("ArgumentError", function()
      Base:model("B", { __extends__ = A, __tablename__ = "b", id = key(),
        __mapper_args__ = { concrete = true, polymorphic_load = "inline" } })
    end, "polymorphic_load is not currently supported with concrete table inheritance")
  end)

  it("refuses a primary key of another table as a column that it does not map", function()
    local other = am.Table("other", am.MetaData(), am.Column("id", am.Integer))
    raises("UnmappedColumnError", function()
      Base:model("A", { __tablename__ = "a", id = key(), __mapper_args__ = { primary_key = { other.c.id } } })
    end, "No column other.id is configured on mapper")
  end)

  it("refuses a mixin's foreign key to a column without a table", function()
    local target = am.Column("x", am.Integer)
    raises("InvalidRequestError", function()
      Base:model("A", { __tablename__ = "a", id = key(), __mixins__ = { { x_id = am.Column(am.ForeignKey(target)) } } })
    end, "^Columns with foreign keys to non%-table%-bound columns")
  end)

  it("warns of a version column beside that of the base", function()
    local A = Base:model("A", { __tablename__ = "a", id = key(), v = am.Column(am.Integer),
      __mapper_args__ = { version_id_col = "v" } })
    local warnings = logged(function()
      Base:model("B", { __extends__ = A, __tablename__ = "b", w = am.Column(am.Integer),
        id = am.Column(am.ForeignKey "a.id", { primary_key = true }), __mapper_args__ = { version_id_col = "w" } })
    end)
    assert.matches("^Inheriting version_id_col 'w' does not match inherited version_id_col 'v'", warnings[1])
    assert.equal(1, #warnings)
  end)

  it("warns of options that a relationship does not heed", function()
    local warnings = logged(function()
      am.relationship("A", { viewonly = true, enable_typechecks = false })
      am.relationship("A", { omit_join = true })
      am.relationship("A", { omit_join = false })
    end)
    assert.matches("^Setting enable_typechecks on relationship%(%) while also setting viewonly", warnings[1])
    assert.matches("^setting omit_join to true is not supported", warnings[2])
    assert.equal(2, #warnings)
  end)

  it("knows a back reference only when the mappers are configured", function()
    local A = Base:model("A", { __tablename__ = "a", id = key() })
    Base:model("B", { __tablename__ = "b", id = key(), a_id = am.Column(am.ForeignKey "a.id"),
      a = am.relationship("A", { backref = "bs" }) })
    raises("InvalidRequestError", function()
      A.__mapper__:get_property("bs")
    end, "ensure registry.configure%(%) has been called")
    assert.is_nil(Base.registry:configure())
    assert.equal(A.__mapper__.attrs.bs, A.__mapper__:get_property("bs"))
  end)

  it("maps the column of a synonym before everything else", function()
    local A = Base:model("A", { name = am.synonym("_name", { map_column = true }),
      __table__ = am.Table("a", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
        am.Column("name", am.String(5))) })
    assert.same({ "_name", "name", "id" }, { unpack(A.__mapper__.attrs:keys()) })
    assert.equal("SELECT a.name, a.id FROM a", (tostring(am.select(A)):gsub("%s+", " ")))
  end)
end)

it("a relationship that belongs to no class yet can be shown", function()
  assert.equal("relationship", tostring(am.relationship("A")))
end)

it("'inherits' and of_type() name a class of the hierarchy", function()
  local Base = am.declarative_base()
  local A = Base:model("A", { __tablename__ = "a", id = key() })
  local B = Base:model("B", { __tablename__ = "b", id = key(), a_id = am.Column(am.ForeignKey("a.id")),
    a = am.relationship(A) })
  raises("InvalidRequestError", function()
    Base:model("C", { __extends__ = A, __mapper_args__ = { inherits = B } })
  end, "non%-inheriting class")
  raises("InvalidRequestError", function() B.a:of_type(B) end, "does not inherit from")
end)

it("an identity key needs a class, and a key or a row", function()
  local A = am.declarative_base():model("A", { __tablename__ = "a", id = key() })
  raises("ArgumentError", function() am.identity_key() end)
  raises("ArgumentError", function() am.identity_key(A) end, "ident or row is required")
end, "class or instance is required")

it("warns of what a back reference or an added property takes the place of", function()
  for shown, mine in pairs { ["class%-bound attribute of the same name"] = function() end,
    ["class%-bound attribute"] = am.hybrid_property(function() end) } do
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = key(), bs = mine })
    Base:model("B", { __tablename__ = "b", id = key(), a_id = am.Column(am.ForeignKey "a.id"),
      a = am.relationship(A, { backref = "bs" }) })
    local warnings = logged(function() Base.registry:configure() end)
    assert.matches("^User%-placed attribute A.bs on Mapper%[A%(a%)%] is replacing an existing " .. shown, warnings[1])
  end
  local A = am.declarative_base():model("A", { __tablename__ = "a", id = key(), x = am.Column(am.Integer) })
  local warnings = logged(function() A.__mapper__:add_property("x", am.column_property(A.id + 1)) end)
  assert.matches("replacing an existing ORM%-mapped attribute", warnings[1])
end)

it("an SQL expression that is mapped has information of its own", function()
  local A = am.declarative_base():model("A", { __tablename__ = "a", id = key(),
    twice = am.column_property(am.func.lower("x"), { info = { unit = "m" } }),
    bare = am.column_property(am.func.now()) })
  A.bare.info.seen = true
  assert.same({ "m", true }, { A.twice.info.unit, A.bare.property.info.seen })
  assert.equal(A.__table__.c.id, A.id:__clause_element__())
end)

describe("what a subclass declares under a name of its base", function()
  local function under(name, given)
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = key(), x = am.Column(am.Integer), y = am.Column(am.Integer),
      shown = am.column_property(am.literal(1)), other = am.synonym "y", kind = am.Column(am.String(5)),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "a" } })
    return function()
      return Base:model("B", { __extends__ = A, __mapper_args__ = { polymorphic_identity = "b" }, [name] = given(A) })
    end
  end

  it("is about the column where it is the name of one, and no column where it is not", function()
    for _, given in ipairs { function() return am.synonym "y" end, function() return am.relationship "A" end } do
      raises("ArgumentError", under("x", given), "column 'x' conflicts with property")
    end
    raises("ArgumentError", under("other", function() return am.Column(am.Integer) end),
      "column 'other' conflicts with property")
    for _, given in ipairs { function(A) return am.column_property(A.__table__.c.y) end,
      function(A) return am.column_property(A.__table__.c.x + 1) end } do
      raises("InvalidRequestError", under("x", given), "^Implicitly combining column a.x with column a.[xy]")
    end
  end)

  it("may be another option of the column, or anything under the name of an expression or a synonym", function()
    under("x", function(A) return am.deferred(A.__table__.c.x) end)()
    under("shown", function() return am.column_property(am.literal(2)) end)()
    under("shown", function() return am.synonym "x" end)()
    under("other", function() return am.relationship("A", { viewonly = true, remote_side = "A.id",
      primaryjoin = "foreign(A.y) == A.id" }) end)()
  end)
end)
