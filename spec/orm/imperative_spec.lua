-- Imperative mapping: plain tables as classes, laid over tables, joins and subqueries.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

describe("map_imperatively", function()
  local reg, users, addresses, User, Address

  before_each(function()
    reg = am.registry()
    users = am.Table("users", reg.metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("name", am.String(30)), am.Column("type", am.String(10)))
    addresses = am.Table("addresses", reg.metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("user_id", am.ForeignKey "users.id"))
    User, Address = { __name = "User" }, { __name = "Address" }
  end)

  after_each(function() reg:dispose() end)

  local function keys(mapper)
    local list = {}
    for i, key in ipairs(mapper.attrs:keys()) do list[i] = key end
    return table.concat(list, " ")
  end

  it("keeps the class's methods and takes what is given under properties", function()
    function User:greet() return "hi " .. self.name end
    local mapper = reg:map_imperatively(User, users, { properties = { nick = am.synonym("name") } })
    assert.equal(mapper, User.__mapper__)
    assert.equal("hi bob", User { nick = "bob" }:greet())
    reg:dispose()
    raises("UnmappedClassError", function() return User {} end)
  end)

  it("hears the validators, reconstructors and hybrids of the class", function()
    local seen = {}
    User.upper = am.validates("name", function(_, key, value)
      seen[#seen + 1] = key
      return value:upper()
    end)
    User.loaded = am.reconstructor(function(self) seen[#seen + 1] = "loaded " .. self.name end)
    User.shout = am.hybrid_property(function(self) return self.name .. "!" end)
    reg:map_imperatively(User, users)
    local engine = am.create_engine "sqlite://"
    reg.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add(User { name = "x" })
    session:commit()
    session:expunge_all()
    assert.equal("X!", session:scalars(am.select(User)):one().shout)
    assert.same({ "name", "loaded X" }, seen)
    assert.equal("users.name || :name_1", tostring(am.select(User.shout)):match("SELECT (.-) AS"))
  end)

  it("takes a relationship to a class that is mapped later", function()
    reg:map_imperatively(User, users, { properties = { addresses = am.relationship(Address, { backref = "user" }) } })
    reg:map_imperatively(Address, addresses)
    local user = User { addresses = { Address {} } }
    assert.equal(user, user.addresses[1].user)
  end)

  it("says which target was never mapped", function()
    reg:map_imperatively(User, users, { properties = { addresses = am.relationship(Address) } })
    raises("UnmappedClassError", function() return User {} end, "Class 'Address' is not mapped")
  end)

  it("shares the table of the class that it inherits from when it gets none", function()
    local Admin = { __name = "Admin" }
    reg:map_imperatively(User, users, { polymorphic_on = users.c.type, polymorphic_identity = "user" })
    local mapper = reg:map_imperatively(Admin, { inherits = User, polymorphic_identity = "admin" })
    assert.is_true(mapper.single)
    assert.matches("WHERE users.type IN", tostring(am.select(Admin)))
    assert.equal("admin", Admin {}.type)
    raises("ArgumentError", function() reg:map_imperatively(Address) end,
      "Mapper%[Address%(nil%)%] has nil for a primary table argument and does not specify 'inherits'")
  end)

  it("maps a join when columns of one name are said to be one attribute", function()
    raises("InvalidRequestError", function() reg:map_imperatively(User, am.join(users, addresses)) end,
      "Implicitly combining column users.id with column addresses.id under attribute 'id'")
    local Both = { __name = "Both" }
    local mapper = reg:map_imperatively(Both, am.join(users, addresses), { properties = {
      id = { users.c.id, addresses.c.user_id }, address_id = addresses.c.id } })
    assert.equal("id name type address_id", keys(mapper))
    assert.equal(2, #mapper.primary_key)
  end)

  it("refuses what is no table, and columns of other tables and names that are taken", function()
    for shown, given in pairs { ["'users'"] = "users", ["users.id"] = users.c.id } do
      raises("ArgumentError", function() reg:map_imperatively(User, given) end,
        "expected for argument 'local_table'; got " .. shown)
    end
    raises("ArgumentError", function() reg:map_imperatively(User, users, { properties = { a = addresses.c.id } }) end,
      "column 'addresses.id' is not represented in the mapper's table")
    reg:map_imperatively(Address, addresses)
    raises("ArgumentError", function()
      reg:map_imperatively({ __name = "U" }, users, { properties = { name = am.relationship(Address) } })
    end, "column 'name' conflicts with property '<_RelationshipDeclared at")
    raises("ArgumentError", function()
      reg:map_imperatively({ __name = "V" }, users, { properties = { _name = users.c.name,
        name = am.synonym("_name", { map_column = true }) } })
    end, "Can't call map_column=true for synonym 'name'='_name'")
  end)

  it("maps what the base left out of the table that both share", function()
    local Admin = { __name = "Admin" }
    reg:map_imperatively(User, users, { include_properties = { "id", "type" }, polymorphic_on = users.c.type,
      polymorphic_identity = "user" })
    reg:map_imperatively(Admin, { inherits = User, polymorphic_identity = "admin" })
    assert.equal("id type", keys(User.__mapper__))
    assert.equal("id type name", keys(Admin.__mapper__))
  end)

  it("leaves a column alone whose name the class has for something else", function()
    User.type, User.name = "constant", users.c.name
    reg:map_imperatively(User, users)
    assert.equal("id name", keys(User.__mapper__))
    assert.equal("constant", User {}.type)
    assert.equal(users.c.name, User.name.property.columns[1])
  end)

  it("refuses two validators of one attribute", function()
    User.one, User.two = am.validates("name", function() end), am.validates("name", function() end)
    raises("InvalidRequestError", function() reg:map_imperatively(User, users) end,
      "A validation function for mapped attribute 'name' on mapper User already exists")
  end)

  it("takes a synonym with map_column later, and columns from a listener of instrument_class", function()
    local function listener(mapper)
      local column = am.Column("extra", am.Integer)
      mapper.local_table:append_column(column)
      mapper:add_property("extra", column)
    end
    am.event.listen(User, "instrument_class", listener)
    local mapper = reg:map_imperatively(User, users)
    mapper:add_property("name", am.synonym("_name", { map_column = true }))
    assert.equal("bob", User { name = "bob" }._name)
    assert.equal(mapper:get_property "_name", mapper:get_property_by_column(users.c.name))
    assert.equal(1, User { extra = 1 }.extra)
  end)

  it("takes one column as the whole primary key", function()
    local mapper = reg:map_imperatively(User, users, { primary_key = users.c.name })
    assert.equal(users.c.name, mapper.primary_key[1])
  end)

  it("takes the methods of mixins, and options that are about a mixin", function()
    local Named = {}
    function Named:shout() return self.name:upper() end
    User.__mixins__ = { Named }
    reg:map_imperatively(User, users)
    assert.equal("ANN", User { name = "ann" }:shout())
    local named_ann = am.with_loader_criteria(Named, function(cls) return cls.name:eq "ann" end,
      { include_aliases = true })
    assert.matches("WHERE users.name = :name_1", tostring(am.select(User):options(named_ann)))
  end)

  it("writes the rows of a class that is mapped to a SELECT into the tables whose keys it selects", function()
    local cities = am.Table("cities", reg.metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("name", am.String(30)), am.Column("version", am.Integer, { nullable = false }))
    local mayors = am.Table("mayors", reg.metadata, am.Column("city_id", am.Integer, { primary_key = true }),
      am.Column("mayor", am.String(30)))
    local engine = am.create_engine "sqlite://"
    reg.metadata:create_all(engine)
    local session = am.Session(engine)
    local function rows(text)
      local out = {}
      for i, row in ipairs(session:execute(am.text(text)):all()) do out[i] = { row:unpack() } end
      return out
    end
    local Big = { __name = "Big" }
    reg:map_imperatively(Big, cities:select():where(cities.c.id:gt(0)):alias "big",
      { version_id_col = cities.c.version })
    local ulm, jena = Big { id = 4, name = "Ulm" }, Big { name = "Jena" }
    session:add(ulm)
    session:flush()
    session:add(jena)
    session:flush()
    ulm.name = "Neu-Ulm"
    session:flush()
    session:delete(jena)
    session:commit()
    assert.same({ { 4, "Neu-Ulm", 2 } }, rows "select id, name, version from cities")
    assert.equal(ulm, session:scalars(am.select(Big)):one())
    local Town = { __name = "Town" }
    reg:map_imperatively(Town, am.select(cities, mayors):join_from(cities, mayors, cities.c.id:eq(mayors.c.city_id))
      :subquery())
    session:add(Town { id = 9, city_id = 9, name = "Gera", mayor = "K", version = 1 })
    session:commit()
    assert.same({ { 9, "Gera" } }, rows "select id, name from cities where id = 9")
    assert.same({ { 9, "K" } }, rows "select city_id, mayor from mayors")
    session:close()
    engine:dispose()
  end)

  it("gives each class of a hierarchy its own constructor, or the nearest one", function()
    local function constructor(name) return function(self) self.type = name end end
    User.__init__, User.__declare_last__ = constructor "user", function() end
    local Admin, Root = { __name = "Admin", __init__ = constructor "admin" }, { __name = "Root" }
    local Guest = { __name = "Guest" }
    Root.__init__ = constructor "root"
    reg:map_imperatively(User, users)
    reg:map_imperatively(Admin, { inherits = User })
    reg:map_imperatively(Root, { inherits = Admin })
    reg:map_imperatively(Guest, { inherits = User })
    local Visitor = { __name = "Visitor" }
    reg:map_imperatively(Visitor, { inherits = Guest })
    assert.same({ "user", "admin", "root", "user", "user" },
      { User().type, Admin().type, Root().type, Guest().type, Visitor().type })
    assert.equal(User.__declare_last__, Visitor.__declare_last__)
  end)
end)
