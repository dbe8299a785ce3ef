-- What pairs(), ipairs() and `#` show of collections of named things; the same on every Lua.
local am = require "alchemoon"

local function shown(collection)
  local names = {}
  for name in pairs(collection) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, " ")
end

describe("pairs()", function()
  local Base, User

  before_each(function()
    Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(10)) })
    Base:model("Post", { __tablename__ = "posts", id = am.Column(am.Integer, { primary_key = true }) })
  end)

  it("shows the tables of a MetaData by their keys", function()
    assert.equal("posts users", shown(Base.metadata.tables))
    local tables = Base.metadata.tables
    am.Table("later", Base.metadata, am.Column("id", am.Integer))
    assert.equal("later", tables.later.name)
    assert.equal("later posts users", shown(Base.metadata.tables))
  end)

  it("shows nothing of the attributes of a mapper and of an object's state but these", function()
    for _, collection in ipairs { am.inspect(User).attrs, am.inspect(User { id = 1 }).attrs } do
      local keys = {}
      for _, attribute in pairs(collection) do keys[attribute.key] = true end
      assert.same({ id = true, name = true }, keys)
    end
  end)

  it("shows the classes of an automap base by their names", function()
    local Auto = am.automap_base { metadata = Base.metadata }
    Auto:prepare()
    assert.equal("posts users", shown(Auto.classes))
  end)
end)

describe("ipairs() and #", function()
  it("serve the columns that a SELECT returns", function()
    local users = am.table("users", am.column "id", am.column "name")
    local selected, keys = am.select(users.c.id, users.c.name).selected_columns, {}
    for i, column in ipairs(selected) do keys[i] = column.key end
    assert.same({ "id", "name" }, keys)
    assert.equal(2, #selected)
    assert.equal("name", selected.name.key)
    assert.is_true(selected:contains(users.c.id))
  end)
end)
