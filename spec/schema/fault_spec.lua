-- Every allocation may fail: an error about memory, nothing left behind, and the metadata goes on.
local am = require "alchemoon"
local faults = require "support.faults"

local function declare(md)
  local users = am.Table("users", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("name", am.String(50), { nullable = false, unique = true, server_default = "x" }),
    am.Column("e", am.Enum("a", "b", { name = "en", create_constraint = true })), am.CheckConstraint("id > 1"))
  local posts = am.Table("posts", md, am.Column("id", am.Integer, am.Sequence "sq", { primary_key = true }),
    am.Column("user_id", am.ForeignKey("users.id", { ondelete = "CASCADE" }), { index = true }),
    am.Column("other", am.ForeignKey(users.c.id)), am.Column("d", am.Integer, { default = am.select(users.c.id) }))
  am.Index("ix", posts.c.user_id + 1, { postgresql_where = posts.c.id:gt(5) })
  return users, posts
end

describe("allocation faults", function()
  it("while tables are declared", function()
    faults.every_fault(function() declare(am.MetaData()) end, { only = "core" })
  end)

  it("while tables leave their metadata", function()
    faults.every_fault(function()
      local md = am.MetaData()
      declare(md)
      md:clear()
      declare(md)
    end, { only = "core" })
  end)

  it("a foreign key to a table that leaves has the name of its column then, or the table has not left", function()
    faults.every_fault(function()
      local md = am.MetaData()
      local users, posts = declare(md)
      local ok, e = pcall(md.remove, md, users)
      local specs = {}
      for _, fk in ipairs(posts.foreign_keys) do specs[#specs + 1] = fk.target_fullname end
      assert(ok == not md.tables:contains("users") and #specs == 2)
      assert(specs[1] == "users.id" and specs[2] == "users.id")
      if not ok then error(e, 0) end
    end, { only = "core" })
  end)

  it("an index that was refused lets go of its column and so of the table", function()
    faults.every_fault(function()
      local t = am.Table("t", am.MetaData(), am.Column("x", am.Integer))
      for i = 1, 3 do am.Index("ix" .. i, am.literal(i), t.c.x + i) end
    end, { only = jit and "core" or nil, dense = 600 })
  end)

  it("while DDL is written", function()
    local users, posts = declare(am.MetaData())
    faults.every_fault(function()
      for _, dialect in ipairs { "sqlite", "postgresql", "mysql" } do
        tostring(am.CreateTable(users):compile { dialect = dialect })
        tostring(am.CreateTable(posts):compile { dialect = dialect })
        tostring(am.CreateIndex(posts.indexes[2]):compile { dialect = dialect })
      end
    end, { only = "core" })
  end)

  it("while tables are sorted and copied", function()
    local md = am.MetaData()
    declare(md)
    faults.every_fault(function()
      assert(#md.sorted_tables == 2)
      local other = am.MetaData()
      for _, t in ipairs(md.sorted_tables) do t:to_metadata(other) end
    end, { only = "core" })
  end)

  it("while a database is reflected", function()
    local engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    local md = am.MetaData()
    declare(md)
    md:create_all(engine)
    faults.every_fault(function()
      local back = am.MetaData()
      back:reflect(engine)
      assert(#back.sorted_tables == 2)
    end, { only = "core", dense = 20, leaky = true })
    engine:dispose()
  end)
end)
