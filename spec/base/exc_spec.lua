-- Error objects: classes, their tree, their text.
local exc = require "alchemoon.exc"

describe("exc", function()
  it("makes objects that have a text whatever they were made with", function()
    assert.equal("", tostring(exc.DisconnectionError()))
    assert.equal("5", tostring(exc.ArgumentError(5)))
    assert.equal("true", exc.ArgumentError(true).message)
    assert.matches("^table: ", tostring(exc.ArgumentError{}))
    local ok, e = pcall(exc.StatementError, "message", "select 1")
    assert.is_false(ok)
    assert.equal("am.exc.StatementError: expected a table of fields behind the message, got string", e.message)
  end)

  it("says everything, however long the names in it are", function()
    local am = require "alchemoon"
    local long = ("x"):rep(3000)
    local t = am.Table("t", am.MetaData(), am.Column("a", am.Integer))
    local _, compiling = pcall(function() return am.insert(t):values{ [long] = 1 }:compile{}.sql end)
    assert.equal("Unconsumed column names: " .. long, compiling.message)
    local _, unknown = pcall(am.timedelta, { [long] = 1 })
    assert.is_true(unknown.message:find("unknown option '" .. long .. "'", 1, true) ~= nil)
  end)

  it("offers the classes of SQLAlchemy under their names", function()
    for _, name in ipairs { "ArgumentError", "CompileError", "InvalidRequestError", "IntegrityError",
      "OperationalError", "NoResultFound", "StaleDataError", "DetachedInstanceError" } do
      assert.is_table(exc[name], name)
      assert.equal(name, exc[name].class_name)
    end
  end)

  it("gives the short code of a class with one cause", function()
    local e = exc.DetachedInstanceError("gone")
    assert.equal("bhk3", e.code)
    assert.equal("gone", e.message)
    assert.is_true(e:is(exc.Error))
    assert.is_nil(exc.InvalidRequestError("x").code)
  end)

  it("offers those of warnings and of the ORM, too", function()
    for _, name in ipairs { "HasDescriptionCode", "DontWrapMixin", "SAWarning", "SATestSuiteWarning",
      "LegacyAPIWarning", "SADeprecationWarning", "SAPendingDeprecationWarning", "Base20DeprecationWarning",
      "MovedIn20Warning" } do
      assert.equal(name, exc[name].class_name)
    end
    assert.is_true(exc.MovedIn20Warning("moved"):is(exc.SADeprecationWarning))
    assert.equal(exc.StaleDataError, exc.ConcurrentModificationError)
  end)

  it("knows derived classes", function()
    local e = exc.IntegrityError("UNIQUE constraint failed")
    assert.is_true(e:is(exc.IntegrityError))
    assert.is_true(e:is(exc.DBAPIError))
    assert.is_true(e:is(exc.SQLAlchemyError))
    assert.is_false(e:is(exc.ArgumentError))
    assert.is_true(exc.is(e, exc.DatabaseError))
  end)

  it("takes anything else for no error of ours", function()
    for _, value in ipairs { "text", 1, true, {}, setmetatable({}, { class_name = "ArgumentError" }) } do
      assert.is_false(exc.is(value, exc.Error))
    end
    assert.is_false(exc.is(nil, exc.Error))
  end)

  it("raises objects with name, message and traceback", function()
    local ok, e = pcall(exc.raise, "ArgumentError", "bad %s", "thing")
    assert.is_false(ok)
    assert.equal("ArgumentError", e.name)
    assert.equal("bad thing", e.message)
    assert.equal("bad thing", tostring(e))
    assert.matches("exc_spec.lua", e.traceback)
  end)

  it("shows the statement and its parameters, long values cut", function()
    local e = exc.OperationalError("no such table: t", {
      statement = "SELECT ? FROM t WHERE x = ?", params = { "it's\n", ("x"):rep(1000) }, orig = "o" })
    local text = tostring(e)
    assert.matches("(OperationalError) no such table: t", text, 1, true)
    assert.matches("[SQL: SELECT ? FROM t WHERE x = ?]", text, 1, true)
    assert.matches("[parameters: (", text, 1, true)
    assert.matches("characters truncated", text, 1, true)
    assert.is_true(#text < 700)
  end)

  it("hides parameters on request", function()
    local e = exc.OperationalError("no", { statement = "SELECT 1", params = { "secret" }, hide_parameters = true })
    assert.is_nil(tostring(e):find("secret", 1, true))
  end)

  it("shows only some of many parameter sets", function()
    local rows = {}
    for i = 1, 100 do rows[i] = { id = i } end
    local text = exc.format_params(rows, true)
    assert.matches("displaying 10 of 100", text, 1, true)
    assert.matches("'id': 100", text, 1, true)
    assert.is_nil(text:find("'id': 50", 1, true))
    assert.matches("{'id': 8}  ... displaying 10 of 100 total bound parameter sets ...  {'id': 99}", text, 1, true)
  end)

  it("shows only the first and last of many values", function()
    local row = {}
    for i = 1, 103 do row[i] = i end
    assert.matches(", 50 ... 3 parameters truncated ... 54, ", exc.format_params(row), 1, true)
    row[101], row[102], row[103] = nil, nil, nil
    assert.is_nil(exc.format_params(row):find("truncated", 1, true))
  end)
end)
