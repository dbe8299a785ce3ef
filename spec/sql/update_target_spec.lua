-- UPDATE: what its target may be, and which columns it writes.
local am = require "alchemoon"
local assert_sql = require("support.sql").assert_sql
local raises_exc = require("support.init").raises_exc

describe("UPDATE of", function()
  local md = am.MetaData()
  local users = am.Table("users", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("name", am.String(30)), am.Column("touched", am.DateTime, { onupdate = am.func.now() }))
  local emails = am.Table("emails", md, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("user_id", am.ForeignKey("users.id")), am.Column("name", am.String(30)))

  it("an alias takes columns of the table for its own and runs no defaults", function()
    local u = users:alias("u")
    assert_sql(am.update(u):where(u.c.id:eq(7)):values { [users.c.name] = "x" },
      "UPDATE users AS u SET name=:name WHERE u.id = :id_1")
  end)

  it("an alias beside its table writes the table's column under a name with the table's", function()
    local u = users:alias("u")
    assert_sql(am.update(u):where(users.c.id:eq(7)):values { [users.c.name] = "x" },
      "UPDATE users AS u SET name=:users_name, touched=now() FROM users WHERE users.id = :id_1",
      { params = { users_name = "x", id_1 = 7 } })
  end)

  it("several tables writes those of the condition first, on MySQL with their names", function()
    assert_sql(am.update(users):where(users.c.id:eq(emails.c.user_id))
      :values { [users.c.name] = "x", [emails.c.name] = "y" },
      "UPDATE users, emails SET emails.name=%s, users.name=%s, users.touched=now() WHERE users.id = emails.user_id",
      { dialect = "mysql", params = { name = "x", emails_name = "y" } })
  end)

  it("a join updates its leftmost table", function()
    assert_sql(am.update(users:join(emails)):values { name = "x" },
      "UPDATE users INNER JOIN emails ON users.id = emails.user_id SET users.name=%s, users.touched=now()",
      { dialect = "mysql" })
  end)

  it("an element of an array assigns to the expression", function()
    local t = am.Table("t", am.MetaData(), am.Column("data", am.ARRAY(am.Integer)))
    assert_sql(am.update(t):values { [t.c.data:at(5)] = 7 }, "UPDATE t SET data[$1]=$2",
      { dialect = "postgresql", params = { data_1 = 5, param_1 = 7 } })
  end)

  it("nothing at all keeps an empty SET", function()
    local t = am.Table("t", am.MetaData(), am.Column("a", am.Integer))
    assert_sql(am.update(t):values():where(t.c.a:eq(1)), "UPDATE t SET WHERE t.a = :a_1", { nested = false })
    assert_sql(am.insert(t):values {}, "INSERT INTO t () VALUES ()")
  end)

  it("a common table expression may be changed", function()
    local pd = am.select(users.c.id, users.c.name):cte("pd")
    assert_sql(am.update(pd):values { name = "x" }:where(pd.c.id:eq(1)),
      "WITH pd AS (SELECT users.id AS id, users.name AS name FROM users) UPDATE pd SET name=:name WHERE pd.id = :id_1",
      { params = { id_1 = 1, name = "x" }, nested = false })
    assert_sql(am.delete(pd), "WITH pd AS (SELECT users.id AS id, users.name AS name FROM users) DELETE FROM pd",
      { nested = false })
  end)

  it("a column of a table that takes no part is refused", function()
    local function refused(stmt, dialect, message)
      raises_exc("CompileError", function() stmt:compile { dialect = dialect } end,
        message .. "; cannot include columns from table%(s%) 'emails' in SET clause")
    end
    local alone = am.update(users):values { [emails.c.user_id] = 1 }
    local beside = am.update(users):where(users.c.id:eq(emails.c.user_id))
      :values { [users.c.name] = "x", [emails.c.name] = "y" }
    refused(alone, "default", "Backend does not support additional tables in the SET clause")
    refused(alone, "mysql", "Statement is not a multi%-table UPDATE statement")
    refused(beside, "postgresql", "Backend does not support additional tables in the SET clause")
  end)
end)
