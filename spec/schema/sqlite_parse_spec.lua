-- What the reader of SQLite's texts understands.
local parse = require "alchemoon.reflection.sqlite_parse"

local function kinds(sql)
  local out = {}
  for i, entry in ipairs(parse.table(sql).constraints) do
    out[i] = entry.kind .. " " .. (entry.name or "-") .. " " ..
      (entry.sqltext or table.concat(entry.own or entry.columns, ","))
  end
  return out
end

describe("CREATE TABLE texts", function()
  it("with quotes, comments and nested parentheses", function()
    assert.same({ "unique a b x", "check - y > ')' and (y < 5)", "primary pk x,we \"ird", "foreign f k l,m" }, kinds [[
      CREATE TABLE "t (" ( -- a comment, with (parentheses
        x INTEGER DEFAULT (1 + (2)) CONSTRAINT "a b" UNIQUE, /* another ) */
        `y` VARCHAR(5) NOT NULL CHECK (y > ')' and (y < 5)),
        [we "ird] TEXT COLLATE NOCASE,
        CONSTRAINT pk PRIMARY KEY (x, "we ""ird"),
        CONSTRAINT 'f k' FOREIGN KEY (l, m) REFERENCES o (a, b) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
      ) WITHOUT ROWID]])
  end)

  it("with foreign keys inside columns", function()
    local entry = parse.table("create table t (a integer constraint q references o(x) on update cascade " ..
      "not deferrable, b int)").constraints[1]
    assert.equal("q", entry.name)
    assert.equal("o", entry.table)
    assert.same({ "x" }, entry.columns)
    assert.same({ onupdate = "CASCADE", deferrable = false }, entry.options)
  end)

  it("with generated columns, AUTOINCREMENT and STRICT", function()
    local found = parse.table("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x INT GENERATED ALWAYS AS " ..
      "(id + (1)) STORED, y AS (x) VIRTUAL, z TEXT COLLATE nocase) STRICT")
    assert.is_true(found.autoincrement)
    assert.is_true(found.strict)
    assert.equal("id + (1)", found.columns.x.generated)
    assert.equal("x", found.columns.y.generated)
    assert.equal("nocase", found.columns.z.collation)
  end)

  it("that are none", function()
    for _, sql in ipairs { "", "(", "CREATE TABLE", "CREATE VIEW v AS SELECT (1), f(x)", "CREATE TABLE t (a", "'" } do
      assert.same({}, parse.table(sql).constraints)
    end
  end)

  it("of indexes", function()
    local sql = [[CREATE UNIQUE INDEX "i(x" ON t (a, lower("b c") DESC, f(x, y)) WHERE a > (5)]]
    local expressions, where = parse.index(sql)
    assert.same({ "a", 'lower("b c") DESC', "f(x, y)" }, expressions)
    assert.equal("a > (5)", where)
  end)
end)
