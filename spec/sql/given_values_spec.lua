-- How values of statements are called, and what a dialect refuses or leaves out.
local am = require "alchemoon"

local md = am.MetaData()
local t = am.Table("t", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("s", am.String(50)))

local function text(statement, dialect)
  local compiled = statement:compile{ dialect = dialect, paramstyle = "named" }
  return (compiled.sql:gsub("%s+", " ")), compiled.params
end

describe("a unique parameter as a value", function()
  it("is named after its column", function()
    assert.equal("UPDATE t SET s=:s WHERE t.id = :i_1", text(t:update():where(t.c.id:eq(am.bindparam("i", 1,
      { unique = true }))):values{ s = am.bindparam("x", "y", { unique = true }) }))
    assert.equal("INSERT INTO t (s) VALUES (:s_m0), (:s_m1)",
      text(t:insert():values{ { s = am.literal("a") }, { s = "b" } }, "sqlite"))
  end)

  it("keeps a name of its own where it was made without one", function()
    assert.equal("INSERT INTO t (id, s) VALUES (:param_1, :s)",
      text(t:insert():values{ id = am.bindparam(nil, 5), s = am.bindparam("x", "y", { unique = true }) }))
    assert.equal("UPDATE t SET s=:param_1", text(t:update():values{ s = am.bindparam(nil, "y") }))
  end)

  it("does not overwrite the inserted value in an upsert", function()
    local sql, params = text(am.postgresql.insert(t):values{ s = "old" }
      :on_conflict_do_update{ index_elements = { "id" }, set_ = { s = am.literal("new") } }, "postgresql")
    assert.equal("INSERT INTO t (s) VALUES (:s) ON CONFLICT (id) DO UPDATE SET s = :param_1 RETURNING t.id", sql)
    assert.same({ "old", "new" }, { params.s, params.param_1 })
  end)
end)

describe("what a dialect does not know", function()
  local function refusal(statement, dialect)
    local ok, e = pcall(statement.compile, statement, { dialect = dialect })
    return not ok and e.name
  end

  it("is refused", function()
    assert.equal("UnsupportedCompilationError", refusal(am.array{ 1, 2 }, "sqlite"))
    assert.equal("UnsupportedCompilationError",
      refusal(am.func.array_agg(am.aggregate_order_by(t.c.id, t.c.s)), "mysql"))
    assert.equal("UnsupportedCompilationError", refusal(am.try_cast(t.c.id, am.String), "mysql"))
  end)

  it("is left out by MySQL", function()
    local check = am.CheckConstraint("id > 0", { name = "c" })
    am.Table("v", am.MetaData(), am.Column("id", am.Integer), check)
    assert.equal("ALTER TABLE v DROP CHECK c",
      am.DropConstraint(check, { if_exists = true }):compile{ dialect = "mysql" }.sql)
  end)
end)

it("puts the defaults of INSERT from SELECT into parentheses", function()
  local v = am.Table("v", am.MetaData(), am.Column("id", am.Integer),
    am.Column("n", am.Integer, { default = am.literal_column("2") + 3 }))
  assert.equal("INSERT INTO v (id, n) SELECT t.id, (2 + :2_1) AS anon_1 FROM t",
    text(v:insert():from_select({ "id" }, am.select(t.c.id))))
end)

it("names the parameters of known functions as the function is called", function()
  assert.equal("array_agg(:param_1)", text(am.func.array_agg(5)))
  assert.equal("max(:max_1)", text(am.func.Max(5)))
end)

describe("construct_params()", function()
  local raises = require("support.init").raises_exc

  it("needs every required value, which .params does not", function()
    for _, stmt in ipairs { am.insert(t), am.update(t), am.select(t):where(t.c.id:eq(am.bindparam "id")),
      am.select(t):where(t.c.id:in_(am.bindparam "id")) } do
      local compiled = stmt:compile {}
      raises("InvalidRequestError", function() return compiled:construct_params() end,
        "A value is required for bind parameter 'id'")
      assert.equal(am.null, compiled.params.id)
    end
  end)

  it("takes what is given, NULL too", function()
    local compiled = am.select(t):where(t.c.id:eq(am.bindparam "x"), t.c.s:eq "y"):compile {}
    assert.same({ x = 5, s_1 = "y" }, compiled:construct_params { x = 5 })
    assert.same({ x = am.null, s_1 = "y" }, compiled:construct_params { x = am.null })
    assert.same({ id_1 = 5 }, am.select(t):where(t.c.id:eq(5)):compile {}:construct_params())
  end)

  it("knows a name by what it is written as, and ignores what has no place", function()
    local compiled = am.select(t):where(t.c.id:eq(am.bindparam("[a b]", 4))):compile {}
    assert.same({ _a_b_ = 6 }, compiled:construct_params { ["[a b]"] = 6, other = 1 })
    assert.same({ _a_b_ = 7 }, compiled:construct_params { _a_b_ = 7 })
  end)
end)

describe("construct_expanded_state()", function()
  local raises = require("support.init").raises_exc
  local stmt = am.select(t.c.s):where(t.c.id:in_ { 1, 2 }, t.c.s:eq "y"):execution_options { own = true }

  it("writes lists as long as the values that are given", function()
    local compiled = stmt:compile { dialect = "sqlite" }
    local state = compiled:construct_expanded_state { id_1 = { 7, 8, 9 } }
    assert.matches("IN %(%?, %?, %?%) AND", state.statement)
    assert.same({ id_1_1 = 7, id_1_2 = 8, id_1_3 = 9, s_1 = "y" }, state.parameters)
    assert.same({ "id_1_1", "id_1_2", "id_1_3", "s_1" }, state.positiontup)
    assert.same({ 7, 8, 9, "y" }, state.positional_parameters)
    assert.same({ id_1 = { "id_1_1", "id_1_2", "id_1_3" } }, state.parameter_expansion)
    assert.same({ 1, 2, "y" }, compiled:construct_expanded_state().positional_parameters)
    assert.is_true(compiled.execution_options.own)
    assert.is_nil(stmt:compile {}:construct_expanded_state().positiontup)
    assert.is_nil(stmt:compile {}.positiontup)
    raises("InvalidRequestError", function()
      return am.select(t):where(t.c.id:eq(am.bindparam "x")):compile {}:construct_expanded_state()
    end, "bind parameter 'x'")
  end)

  it("is the way to other values where lists are written already", function()
    local compiled = stmt:compile { dialect = "sqlite", render_postcompile = true }
    assert.same({ id_1_1 = 1, id_1_2 = 2, s_1 = "y" }, compiled:construct_params())
    raises("InvalidRequestError", function() compiled:construct_params { s_1 = "x" } end, "construct_expanded_state")
    assert.same({ 3, "x" }, compiled:construct_expanded_state { id_1 = { 3 }, s_1 = "x" }.positional_parameters)
  end)
end)
