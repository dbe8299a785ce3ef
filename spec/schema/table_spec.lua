-- Tables, columns and what connects them.
local am = require "alchemoon"
local raises = require("support.init").raises_text
local core = require "alchemoon.core"

local kinds = {}
for _, kind in ipairs(core.type_kinds()) do kinds[kind.key] = kind.id end
local function T(key, fields)
  fields = fields or {}
  fields.kind, fields.length, fields.precision, fields.scale = kinds[key], fields.length or -1, -1, -1
  return core.node(core.tags.TYPE, fields)
end
local INTEGER = T "INTEGER"

-- Kilobytes by which 300 calls grow the memory, in the best of five rounds (others compile traces or resize tables).
local function least_growth(fn)
  local least = math.huge
  for _ = 1, 5 do
    for _ = 1, 4 do collectgarbage() end
    local before = collectgarbage "count"
    for _ = 1, 300 do fn() end
    for _ = 1, 4 do collectgarbage() end
    least = math.min(least, collectgarbage "count" - before)
  end
  return least
end

describe("Table", function()
  local md, users, posts
  before_each(function()
    md = am.MetaData()
    posts = am.Table("posts", md, am.Column("id", INTEGER, { primary_key = true }),
      am.Column("user_id", am.ForeignKey("users.id", { ondelete = "CASCADE" }), { index = true }))
    users = am.Table("users", md, am.Column("id", INTEGER, { primary_key = true }),
      am.Column("name", T "STRING", { nullable = false, unique = true }))
  end)

  it("finds columns by key, by position and in order", function()
    assert.equal("id", users.c.id.name)
    assert.equal(users.c.name, users.c:at("name"))
    assert.equal(users.c.name, users.columns:at(2))
    assert.is_true(users.c:contains(users.c.id))
    raises("ArgumentError", function() return users.c.nme end, "no column named 'nme'; did you mean 'name'?")
  end)

  it("gives its columns to a loop, and so does its key", function()
    local names = {}
    for column in users.c do names[#names + 1] = column.name end
    for column in users.primary_key do names[#names + 1] = column.name end
    for column in am.select(users.c.name, users.c.id).selected_columns do names[#names + 1] = column.name end
    local expected = {}
    for i, column in ipairs(am.columns(users)) do expected[i] = column.name end
    for _, name in ipairs { "id", "name", "id" } do expected[#expected + 1] = name end
    assert.same(expected, names)
    assert.equal(users.c.id, users.primary_key[1])
  end)

  it("knows its metadata, keys and constraints", function()
    assert.equal(md, users.metadata)
    assert.equal(users, md.tables.users)
    assert.is_nil(md.tables.nothing)
    assert.equal(users.c.id, users.primary_key.columns[1])
    assert.equal(1, #users.indexes + #users.foreign_keys + 1)
    assert.equal("ix_posts_user_id", posts.indexes[1].name)
    assert.equal(2, #users.constraints)
    assert.is_false(users.c.id.nullable)
    assert.is_false(users.c.name.nullable)
  end)

  it("resolves foreign keys late and gives their type", function()
    local fk = posts.c.user_id.foreign_keys[1]
    assert.equal(users.c.id, fk.column)
    assert.equal("users.id", fk.target_fullname)
    assert.equal("CASCADE", fk.constraint.ondelete)
    assert.is_true(posts.c.user_id:references(users.c.id))
    assert.equal(kinds.INTEGER, core.node_get(posts.c.user_id.type, "kind"))
  end)

  it("says what is missing", function()
    local t = am.Table("t", md, am.Column("x", INTEGER, am.ForeignKey("nope.id")),
      am.Column("y", INTEGER, am.ForeignKey("users.nope")))
    raises("NoReferencedTableError", function() return t.c.x.foreign_keys[1].column end,
      "Foreign key associated with column 't.x' could not find table 'nope' with which to generate a foreign key to " ..
      "target column 'id'")
    raises("NoReferencedColumnError", function() return t.c.y.foreign_keys[1].column end,
      "Could not initialize target column for ForeignKey 'users.nope' on table 't': table 'users' has no column " ..
        "named " ..
      "'nope'")
  end)

  it("refuses what cannot be", function()
    raises("DuplicateColumnError", function()
      am.Table("x", md, am.Column("a", INTEGER), am.Column("a", INTEGER))
    end, "A column with name 'a' is already present in table 'x'.")
    assert.is_nil(md.tables.x)
    raises("ArgumentError", function() am.Table("y", am.MetaData(), users.c.id) end,
      "Column object 'id' already assigned to Table 'users'")
    raises("ConstraintColumnNotFoundError", function() am.Table("y", md, am.UniqueConstraint("zz")) end,
      "Can't create UniqueConstraint on table 'y': no column named 'zz' is present.")
    raises("InvalidRequestError", function() am.Table("users", md, am.Column("z", INTEGER)) end)
    raises("ArgumentError", function() am.Table("y", {}) end)
    raises("ArgumentError", function() am.Column("y", INTEGER, { primry_key = true }) end,
      "Column: unknown option 'primry_key'; did you mean 'primary_key'?")
  end)

  it("is extended or kept when it exists", function()
    assert.equal(users, am.Table("users", md))
    am.Table("users", md, am.Column("z", INTEGER), am.Column("name", INTEGER), { extend_existing = true })
    assert.equal(3, #am.Table("users", md).constraints[1].table.columns:keys())
    assert.equal("z", users.c.z.name)
    am.Table("users", md, am.Column("q", INTEGER), { keep_existing = true })
    raises("ArgumentError", function() return users.c.q end)
  end)

  it("is copied to another metadata", function()
    local other = am.MetaData()
    local p = posts:to_metadata(other)
    local u = users:to_metadata(other)
    assert.equal(u.c.id, p.c.user_id.foreign_keys[1].column)
    assert.equal(1, #p.indexes)
    assert.equal(2, #u.constraints)
    assert.is_true(u.c.name.unique)
  end)

  it("is copied into the schema of the other metadata when the schema is am.null", function()
    local t = am.Table("t", am.MetaData { schema = "a" }, am.Column("x", am.Integer))
    assert.equal("a.t", t:to_metadata(am.MetaData { schema = "b" }).fullname)
    assert.equal("b.t", t:to_metadata(am.MetaData { schema = "b" }, { schema = am.null }).fullname)
  end)

  it("is copied with expressions of its own columns, and with names that are only names", function()
    local t = am.Table("span", am.MetaData(), am.Column("a", am.Date), am.Column("b", am.Date))
    t:append_constraint(am.ExcludeConstraint({ am.literal_column "daterange(a, b)", "&&" },
      { where = am.column "a":le(am.column "b"), name = "ex" }))
    t:append_constraint(am.CheckConstraint(t.c.a:le(t.c.b), { name = "ck" }))
    local copy = t:to_metadata(am.MetaData())
    for _, constraint in ipairs(copy.constraints) do
      if constraint.name == "ck" then assert.equal(copy.c.a, constraint.sqltext.left) end
      if constraint.name == "ex" then
        assert.equal("ALTER TABLE span ADD CONSTRAINT ex EXCLUDE USING gist (daterange(a, b) WITH &&) WHERE (a <= b)",
          am.AddConstraint(constraint):compile { dialect = "postgresql" }.sql)
      end
    end
  end)

  it("keeps its foreign keys when one of its columns is copied", function()
    local loose = am.Column("user_id", am.ForeignKey "users.id")
    assert.equal(0, #posts.c.user_id:_copy().foreign_keys)
    assert.equal(1, #loose:_copy().foreign_keys)
  end)

  it("applies naming conventions", function()
    local named = am.MetaData { naming_convention = {
      pk = "pk_%(table_name)s", uq = "uq_%(table_name)s_%(column_0_name)s",
        ck = "ck_%(table_name)s_%(constraint_name)s",
      fk = "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s_%(referred_column_0_name)s",
    } }
    local t = am.Table("t", named, am.Column("a", INTEGER, { primary_key = true }), am.Column("b", INTEGER),
      am.ForeignKeyConstraint({ "a", "b" }, { "u.c", "u.d" }), am.UniqueConstraint("b"),
      am.CheckConstraint("a > 1", { name = "pos" }), am.CheckConstraint("a > 2", { name = am.conv "mine" }))
    local names = {}
    for i, constraint in ipairs(t.constraints) do names[i] = constraint.name end
    assert.same({ "pk_t", "fk_t_a_b_u_c", "uq_t_b", "ck_t_pos", "mine" }, names)
    raises("InvalidRequestError", function() am.Table("u", named, am.CheckConstraint("x")) end,
      "Naming convention including %(constraint_name)s token requires that constraint is explicitly named.")
  end)

  it("lets go of all memory", function()
    local function make()
      local m = am.MetaData()
      local t = am.Table("t", m, am.Column("id", INTEGER, am.Sequence "s", { primary_key = true }),
        am.Column("x", INTEGER, { index = true, default = 3 }), am.Column("p", am.ForeignKey "t.id"),
        am.CheckConstraint "x > 1", am.UniqueConstraint("x", "p"))
      am.Index("by_p", t.c.p)
    end
    assert.is_true(least_growth(make) < 60)
  end)

  it("lets go of a table that left its metadata", function()
    local m = am.MetaData()
    local base = am.Table("base", m, am.Column("id", INTEGER, { primary_key = true }))
    local function make()
      local t = am.Table("t", m, am.Column("id", INTEGER, { primary_key = true }), am.Column("p",
        am.ForeignKey(base.c.id)),
        am.Column("d", INTEGER, { default = am.select(base.c.id) }))
      am.Table("u", m, am.Column("id", am.ForeignKey(t.c.id)))
      m:remove(t)
      m:remove(m.tables.u)
    end
    assert.is_true(least_growth(make) < 60)
    assert.equal(m, base.metadata)
  end)

  it("keeps what is referred to although its metadata forgot it", function()
    local m = am.MetaData()
    local t = am.Table("t", m, am.Column("id", INTEGER, { primary_key = true }))
    local u = am.Table("u", m, am.Column("t_id", am.ForeignKey(t.c.id)))
    local column = t.c.id
    m:remove(t)
    t = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.equal("t", column.table.name)
    assert.equal("t.id", u.foreign_keys[1].target_fullname)
    raises("NoReferencedTableError", function() return u.foreign_keys[1].column end)
    m:clear()
    assert.equal(0, #m.sorted_tables)
    assert.equal("u", u.name)
  end)

  it("copies what is said about it, for itself", function()
    local m = am.MetaData()
    local t = am.Table("t", m, am.Column("id", INTEGER, { primary_key = true, info = { n = 1 } }),
      am.Column("up", am.ForeignKey("t.id", { info = { n = 2 } })), am.Column("r", am.ForeignKey "r.id"),
      { info = { n = 3 }, mysql_engine = "InnoDB" })
    local r = am.Table("r", m, am.Column("id", INTEGER, { primary_key = true }))
    t.primary_key.info.n = 4
    local copy = t:to_metadata(am.MetaData())
    t.info.n, t.c.id.info.n, t.foreign_keys[1].info.n = 0, 0, 0
    assert.same({ 3, 1, 2, 4 }, { copy.info.n, copy.c.id.info.n, copy.foreign_keys[1].info.n, copy.primary_key.info.n })
    assert.equal("InnoDB", copy.dialect_options.mysql.engine)
    local odd = am.Table("odd", m, am.Column("id", INTEGER), am.UniqueConstraint(am.literal_column "some_name"))
    assert.matches("UNIQUE %(some_name%)", am.CreateTable(odd:to_metadata(am.MetaData())):compile().sql)
    assert.is_nil(copy.dialect_options.postgresql.using)
    local renamed = t:to_metadata(m, { name = "u" }) -- what refers to itself does so under the new name
    assert.is_true(renamed.c.up:references(renamed.c.id))
    assert.is_true(renamed.c.r:references(r.c.id))
    local moved = t:to_metadata(m, { name = "u", schema = "s" })
    assert.equal("s.u.id", moved.foreign_keys[1].target_fullname)
  end)

  it("has one sentinel, and columns keep the defaults that they are given", function()
    raises("InvalidRequestError", function()
      am.Table("t", am.MetaData(), am.Column("a", INTEGER, { insert_sentinel = true }),
        am.Column("b", INTEGER, { insert_sentinel = true }))
    end)
    local default, fetched = am.ColumnDefault(5), am.FetchedValue { for_update = true }
    local column = am.Column("x", INTEGER, { default = default, server_onupdate = fetched })
    assert.is_true(column.default == default)
    assert.is_true(column.server_onupdate == fetched)
    assert.equal(1, am.Column("x", INTEGER, { default = 2, insert_default = 1 }).default.arg)
  end)
end)
