-- Equal expressions that were built twice are one to the database (lua/alchemoon/sql/twins.lua).
local am = require "alchemoon"
local backends = require "support.backends"

backends.each(function(backend)
  describe("an expression with literals that is built twice", function()
    local engine, conn, t, seen
    before_each(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      conn = engine:connect()
      local metadata = am.MetaData()
      t = am.Table("visit", metadata, am.Column("id", am.Integer, { primary_key = true }), am.Column("n", am.Integer),
        am.Column("page", am.String(20)), am.Column("data", am.JSON))
      metadata:create_all(conn)
      conn:execute(am.insert(t), {
        { id = 1, n = 1, page = "a", data = { k = "x" } }, { id = 2, n = 1, page = "b", data = { k = "x" } },
        { id = 3, n = 2, page = am.null, data = { k = "y" } },
      })
      seen = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, sql, params)
        seen[#seen + 1] = { sql = sql:gsub("%s+", " "), params = params }
      end)
    end)
    after_each(function()
      conn:close()
      engine:dispose()
    end)

    local function rows(stmt, on)
      local list = {}
      for i, row in ipairs((on or conn):execute(stmt):all()) do list[i] = tostring(row) end
      return table.concat(list, " ")
    end

    local function shown(times) return am.func.coalesce(t.c.page, "none") .. times end
    local function size(limit) return am.case({ t.c.n:gt(limit), "big" }, { else_ = "small" }) end
    local count = am.func.count()

    it("may stand in GROUP BY, HAVING and ORDER BY", function()
      assert.equal("(6, 2) (7, 1)", rows(am.select(t.c.n + 5, count):group_by(t.c.n + 5):order_by(t.c.n + 5)))
      assert.equal("(7, 1) (6, 2)", rows(am.select((t.c.n + 5):label("sum"), count):group_by(t.c.n + 5)
        :having((t.c.n + 5):gt(5)):order_by((t.c.n + 5):desc())))
      assert.equal("('big', 1) ('small', 2)", rows(am.select(size(1), count):group_by(size(1)):order_by(size(1))))
      assert.equal("('a!', 1) ('b!', 1) ('none!', 1)", rows(am.select(shown("!"), count):group_by(shown("!"))
        :order_by(shown("!"))))
    end)

    it("may stand in SELECT DISTINCT and its ORDER BY", function()
      assert.equal("(7,) (6,)", rows(am.select(t.c.n + 5):distinct():order_by((t.c.n + 5):desc():nulls_last())))
    end)

    it("may be part of a column, of a subquery and of a compound", function()
      local function sums() return am.select(((t.c.n + 5) * 2):label("k"), count:label("c")):group_by(t.c.n + 5) end
      local inner = sums():subquery()
      assert.equal("(12, 2) (14, 1)", rows(am.select(inner):where(inner.c.c:gt(0)):order_by(inner.c.k)))
      assert.equal("(12, 2) (12, 2) (14, 1) (14, 1)", rows(am.union_all(sums(), sums()):order_by("k")))
    end)

    it("may have lists and paths", function()
      local function which(list) return am.case({ t.c.n:in_(list), "in" }, { else_ = "out" }) end
      for _, list in ipairs { { 1 }, { 1, 3, 4 }, {}, { 2 } } do
        local stmt = am.select(which(list), count):where(t.c.n:in_ { 1, 2, 3 }):group_by(which(list))
        assert.matches(#list == 0 and "^%('out', 3%)$" or "'in', [12]%)", rows(stmt))
      end
      local function key() return t.c.data:at("k"):as_string() end
      assert.equal("('x', 2) ('y', 1)", rows(am.select(key(), count):group_by(key()):order_by(key())))
    end)

    it("works for every value when the statement is built and run again", function()
      for _, step in ipairs { 5, 5, 7, 1, 5 } do
        local stmt = am.select(t.c.n + step, count):group_by(t.c.n + step):order_by(t.c.n + step)
        assert.equal(("(%d, 2) (%d, 1)"):format(step + 1, step + 2), rows(stmt))
      end
    end)

    it("is told from one with other values", function()
      local stmt = am.select(t.c.n + 5, t.c.n + 6, count):group_by(t.c.n + 5, t.c.n + 6):order_by(t.c.n + 6)
      assert.equal("(6, 7, 2) (7, 8, 1)", rows(stmt))
      if backend.dialect ~= "postgresql" then return end
      local ok, e = pcall(rows, am.select(t.c.n + 5, count):group_by(t.c.n + 6))
      assert.is_false(ok)
      assert.matches("must appear in the GROUP BY clause", e.message, 1, true)
      conn:rollback()
    end)

    it("works in a session", function()
      local Visit = am.declarative_base():model("Visit", { __tablename__ = "visit",
        id = am.Column(am.Integer, { primary_key = true }), n = am.Column(am.Integer) })
      local session = am.Session(conn)
      local stmt = am.select(Visit.n + 5, am.func.count(Visit.id)):group_by(Visit.n + 5):order_by(Visit.n + 5)
      for _ = 1, 3 do assert.equal("(6, 2) (7, 1)", rows(stmt, session)) end
      local query = session:query(Visit.n + 5, am.func.count(Visit.id)):group_by(Visit.n + 5)
      assert.equal(2, query:count())
      assert.equal(2, #session:scalars(am.select(Visit):where(Visit.n:in_ { 1 }):distinct(Visit.n + Visit.id + 1)
        :order_by(Visit.n + Visit.id + 1)):all())
      session:close()
    end)

    it("calls a type's conversion once per parameter that is sent", function()
      local calls = 0
      local Counted = am.TypeDecorator { impl = am.Integer, process_bind_param = function(value)
        calls = calls + 1
        return value
      end }
      local function sum() return t.c.n + am.bindparam(nil, 5, { type_ = Counted }) end
      assert.equal("(6, 2) (7, 1)", rows(am.select(sum(), count):group_by(sum()):order_by(sum())))
      assert.equal(backend.dialect == "postgresql" and 1 or 3, calls)
    end)

    if backend.dialect ~= "postgresql" then return end

    it("has one parameter on PostgreSQL, also for those who watch", function()
      rows(am.select(t.c.n + 5, count):where(t.c.id:gt(0)):group_by(t.c.n + 5))
      assert.equal("SELECT visit.n + $1 AS anon_1, count(*) AS count_1 FROM visit WHERE visit.id > $2 "
        .. "GROUP BY visit.n + $1", seen[#seen].sql)
      assert.same({ 5, 0, n = 2 }, seen[#seen].params)
    end)

    it("keeps the text that compile() shows", function()
      assert.equal("SELECT visit.n + $1 AS anon_1 FROM visit GROUP BY visit.n + $2",
        (am.select(t.c.n + 5):group_by(t.c.n + 5):compile { dialect = "postgresql" }.sql:gsub("%s+", " ")))
    end)

    it("may stand in DISTINCT ON and ROLLUP", function()
      assert.equal("(1,) (3,)", rows(am.select(t.c.id):distinct(t.c.n + 5):order_by(t.c.n + 5, t.c.id)))
      assert.equal("(6, 2) (7, 1) (None, 3)", rows(am.select(t.c.n + 5, count)
        :group_by(am.func.rollup(t.c.n + 5)):order_by((t.c.n + 5):nulls_last())))
    end)

    it("streams", function()
      local result = conn:execution_options { yield_per = 1 }:execute(
        am.select(t.c.n + 5, count):group_by(t.c.n + 5):order_by(t.c.n + 5))
      local list = {}
      for row in result do list[#list + 1] = tostring(row) end
      assert.equal("(6, 2) (7, 1)", table.concat(list, " "))
    end)

    it("fills a table from a SELECT", function()
      conn:execute(am.insert(t):from_select({ "id", "n" },
        am.select(t.c.n + 100, am.func.count()):group_by(t.c.n + 100)))
      assert.equal("(101, 2) (102, 1)", rows(am.select(t.c.id, t.c.n):where(t.c.id:gt(100)):order_by(t.c.id)))
    end)
  end)
end)
