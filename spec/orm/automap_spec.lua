-- automap_base(): classes and relationships made from the tables of a database.
local am = require "alchemoon"
local backends = require "support.backends"
local raises = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

local function id() return am.Column("id", am.Integer, { primary_key = true }) end

local function create_tables(engine)
  local metadata = am.MetaData()
  am.Table("users", metadata, id(), am.Column("boss_id", am.ForeignKey "users.id"))
  am.Table("users_2", metadata, id())
  am.Table("addresses", metadata, id(), am.Column("user_id", am.ForeignKey("users.id", { ondelete = "CASCADE" }),
    { nullable = false }))
  am.Table("orders", metadata, id(), am.Column("user_id", am.ForeignKey("users.id", { ondelete = "SET NULL" })))
  am.Table("items", metadata, id())
  am.Table("orders_items", metadata, am.Column("order_id", am.ForeignKey "orders.id", { primary_key = true }),
    am.Column("item_id", am.ForeignKey "items.id", { primary_key = true }))
  am.Table("keyless", metadata, am.Column("x", am.Integer))
  metadata:create_all(engine)
end

local function relationships(cls)
  local list = {}
  for _, key in ipairs(am.inspect(cls).relationships:keys()) do
    local prop = am.inspect(cls).relationships[key]
    list[#list + 1] = ("%s:%s:%s"):format(key, prop.direction.name, prop.mapper.class_name)
  end
  table.sort(list)
  return table.concat(list, " ")
end

backends.each(function(backend)
  local engine

  before_each(function()
    backend.reset()
    engine = am.create_engine(backend.url, { poolclass = backend.dialect == "sqlite" and am.StaticPool or nil })
    create_tables(engine)
  end)

  after_each(function()
    am.clear_mappers()
    engine:dispose()
  end)

  it("makes a class per table that has a primary key and is no association", function()
    local Base = am.automap_base()
    Base:prepare { autoload_with = engine }
    local names = { unpack(Base.classes:keys()) }
    table.sort(names)
    assert.same({ "addresses", "items", "orders", "users", "users_2" }, names)
    assert.equal("addresses_collection:ONETOMANY:addresses orders_collection:ONETOMANY:orders " ..
      "users:MANYTOONE:users users_collection:ONETOMANY:users", relationships(Base.classes.users))
    assert.equal("items_collection:MANYTOMANY:items users:MANYTOONE:users", relationships(Base.classes.orders))
    raises("ArgumentError", function() return Base.classes.user end, "there is no 'user'; did you mean 'users'")
  end)

  it("takes cascades from the foreign key", function()
    local Base = am.automap_base()
    Base.prepare { autoload_with = engine } -- a dot does as well
    local mapper = am.inspect(Base.classes.users)
    local owned, loose = mapper.relationships.addresses_collection, mapper.relationships.orders_collection
    assert.is_true(owned.cascade.delete_orphan)
    assert.is_true(owned.passive_deletes)
    assert.is_false(loose.cascade.delete_orphan and true or false)
    assert.is_true(loose.passive_deletes)
  end)

  it("fills the classes that were declared before", function()
    local Base = am.automap_base()
    local User = Base:model("User", { __tablename__ = "users", number = am.Column("id", am.Integer,
      { primary_key = true }), user = am.relationship("User", { remote_side = "User.number",
        foreign_keys = "User.boss_id" }) })
    raises("UnmappedClassError", function() return User {} end, "User is a subclass of AutomapBase.  Mappings are not")
    raises("UnmappedClassError", function() return am.select(User) end, "call")
    User.later = am.synonym("number")
    Base:prepare { autoload_with = engine }
    assert.is_nil(Base.classes:get "users")
    assert.equal(7, User { later = 7 }.number)
    assert.equal("user_collection", User.user.property.back_populates)
    assert.matches("user:MANYTOONE:User$", relationships(Base.classes.addresses))
    am.Session(engine, function(session)
      session:add(User { user = User {}, addresses_collection = { Base.classes.addresses {} } })
      session:commit()
      assert.equal(1, #session:scalars(am.select(User):where(User.user:has())):one().addresses_collection)
    end)
  end)

  it("asks the functions that it is given for names and relationships", function()
    local Base = am.automap_base()
    Base:prepare { autoload_with = engine,
      classname_for_table = function(_, name) return name:upper() end,
      name_for_scalar_relationship = function(_, _, _, constraint) return constraint.column_keys[1] .. "_object" end,
      name_for_collection_relationship = function(_, _, other) return "all_" .. other.__name:lower() end,
      generate_relationship = function(base, direction, return_fn, name, near, far, kw)
        if direction ~= am.MANYTOONE then assert.equal("list", kw.collection_class) end
        if far.__name == "ITEMS" then return nil end
        return am.generate_relationship(base, direction, return_fn, name, near, far, kw)
      end }
    assert.equal("user_id_object:MANYTOONE:USERS", relationships(Base.classes.ADDRESSES))
    assert.matches("all_addresses:ONETOMANY:ADDRESSES", relationships(Base.classes.USERS))
    raises("ArgumentError", function() Base:prepare { clasname_for_table = print } end, "classname_for_table")
  end)

  it("maps what is in its MetaData, and more when it is called again", function()
    local metadata = am.MetaData()
    metadata:reflect(engine, { only = { "users" } })
    local Base = am.automap_base(metadata)
    Base:prepare()
    assert.equal("users", table.concat(Base.classes:keys(), " "))
    Base:prepare { autoload_with = engine, reflection_options = { only = { "items" } } }
    assert.equal("users items", table.concat(Base.classes:keys(), " "))
  end)
end)
