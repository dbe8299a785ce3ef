-- Which column of a result is meant: by label, by column object, where the text is the author's, where names repeat.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

local plain, with_table = am.LABEL_STYLE_NONE, am.LABEL_STYLE_TABLENAME_PLUS_COL

backends.each(function(backend)
  describe("the columns of a result", function()
    local engine, conn
    local md = am.MetaData()
    local left = am.Table("lefts", md, am.Column("id", am.Integer, { primary_key = true, autoincrement = false }),
      am.Column("name", am.String(10), { key = "title" }))
    local right = am.Table("rights", md, am.Column("id", am.Integer, { primary_key = true, autoincrement = false }),
      am.Column("left_id", am.ForeignKey("lefts.id")), am.Column("name", am.String(10)))
    setup(function()
      backend.reset()
      engine = am.create_engine(backend.url)
      md:create_all(engine)
      engine:begin(function(c)
        c:execute(left:insert(), { { id = 1, title = "a" }, { id = 2, title = "b" } })
        c:execute(right:insert(), { { id = 5, left_id = 1, name = "r" } })
      end)
    end)
    teardown(function() engine:dispose() end)
    before_each(function() conn = engine:connect() end)
    after_each(function() conn:close() end)

    local function first(stmt, params) return conn:execute(stmt, params):first() end
    local function refused(row, key, pattern)
      raises_exc("NoSuchColumnError", function() return row[key] end, pattern)
    end
    local function ambiguous(row, key)
      raises_exc("InvalidRequestError", function() return row[key] end, "Ambiguous column name")
    end

    it("are found by the selected object, not by another one of that name", function()
      local alias, other = left:alias(), left:alias()
      for _ = 1, 3 do -- the third time the short way is taken
        local row = first(am.select(alias.c.id, left.c.id):join_from(left, alias, am.true_()):order_by(left.c.id,
          alias.c.id):set_label_style(plain))
        assert.equal(1, row[alias.c.id])
        assert.equal(1, row[left.c.id])
        refused(row, other.c.id, "Could not locate column in row")
        refused(row, right.c.id, "column 'rights.id'")
        refused(row, am.column "id", "column 'id'")
        refused(first(am.select(alias.c.id)), left.c.id, "column 'lefts.id'")
      end
    end)

    it("of one name are an error by name and found by object", function()
      local stmt = left:outerjoin(right):select():order_by(left.c.id:desc()):set_label_style(plain)
      for _, result in ipairs { conn:execute(stmt), conn:execute(stmt):freeze()() } do
        local row = result:first()
        ambiguous(row, "id")
        ambiguous(row._mapping, "id")
        ambiguous(row, "name") -- also the key of one and the name of the other
        assert.equal("b", row.title)
        assert.equal(2, row[left.c.id])
        assert.equal(2, row._mapping[left.c.id])
        assert.is_nil(row._mapping[right.c.id])
      end
      local row = first(left:join(right):select():set_label_style(with_table))
      assert.same({ "lefts_id", "lefts_name", "rights_id", "rights_left_id", "rights_name" }, row._fields)
      assert.equal("a", row.lefts_title)
    end)

    it("answer to the name of their FROM element before their own", function()
      local alias, sub, cte = left:alias "al", am.select(left):subquery "sub", am.select(left):cte "c"
      for name, from in pairs { al = alias, sub = sub, c = cte } do
        local row = first(am.select(from):order_by(from.c.id))
        assert.same({ 1, 1, 1 }, { row[name .. "_id"], row.id, row[from.c.id] })
        row = first(am.select(from):order_by(from.c.id):set_label_style(with_table))
        assert.equal(1, row[name .. "_id"])
        refused(row, "id", "column 'id'")
      end
    end)

    it("of a text have the database's names, and are found by place", function()
      local p, q = am.column("p", am.Integer), am.column "q"
      local text = am.text "select id, name from lefts order by id"
      conn:execute(text):first() -- what is known of the bare text is not that of the described one
      for _ = 1, 2 do
        local row = first(text:columns(p, q))
        assert.same({ "id", "name" }, row._fields)
        assert.same({ 1, 1, 1, "a" }, { row.id, row.p, row[p], row[q] })
        row = first(text:columns(left.c.id, left.c.title))
        assert.same({ 1, "a", "a" }, { row[left.c.id], row[left.c.title], row.title })
        row = first(text:columns(p))
        assert.same({ 1, "a" }, { row[p], row.name })
        row = first(text:columns(q, p, am.column "more"))
        assert.equal("a", row[p])
        refused(row, "more")
      end
      raises_exc("InvalidRequestError", function() conn:execute(text:columns(p, p)) end, "Duplicate column expression")
      local by_name = text:columns { name = am.String }
      assert.equal("a", first(by_name)[by_name.selected_columns.name])
      refused(first(by_name), left.c.title)
      local anew = text:columns(am.column "x", am.column "y") -- equal to one that was run, of other columns
      assert.equal("a", first(anew)[anew.selected_columns.y])
      local labels = am.text("select id, name as id from lefts order by name")
        :columns(left.c.id:label "id", right.c.id:label "id")
      local row = first(labels)
      ambiguous(row, "id")
      assert.same({ 1, "a" }, { row[1], row[2] })
    end)

    it("of a text among the columns", function()
      local low, high = am.text "min(id)", am.text "max(id)"
      local row = first(am.select(low, high):select_from(left))
      assert.same({ 1, 2 }, { row[low], row[high] })
      row = first(am.select(left.c.id, am.text "id + 1 as more"):order_by(left.c.id))
      assert.same({ "id", "more" }, row._fields)
      assert.equal(2, row.more)
      row = first(am.select(left.c.id, am.literal_column "name, id + 4 as more"):order_by(left.c.id))
      assert.same({ "id", "name", "more" }, row._fields)
      assert.same({ 1, 5 }, { row[left.c.id], row.more })
    end)

    it("of a star", function()
      local inner = am.select(am.literal_column "1":label "one", am.literal_column "2":label "two"):subquery()
      for _ = 1, 2 do
        local row = first(am.select("*"):select_from(inner))
        assert.same({ "one", "two" }, row._fields)
        assert.equal(2, row.two)
        row = first(am.select(am.text "*"):select_from(left):order_by(left.c.id))
        assert.same({ "id", "name" }, row._fields)
        row = first(am.select(left.c.title:label "t", am.text "*"):select_from(left):order_by(left.c.id))
        assert.same({ "t", "id", "name" }, row._fields)
        assert.equal("a", row[1])
        row = first(am.select(left.c.id, am.text "*", left.c.title):select_from(left):order_by(left.c.id))
        ambiguous(row, "id")
        ambiguous(row, left.c.id)
      end
    end)

    it("stand beside each other, or one result behind the other", function()
      local function rows_of(tbl, ids)
        return conn:execute(am.select(tbl):where(tbl.c.id:in_(ids)):order_by(tbl.c.id))
      end
      local rows = rows_of(left, { 1 }):splice_horizontally(rows_of(right, { 5 })):all()
      assert.equal("(1, 'a', 5, 1, 'r')", tostring(rows[1]))
      assert.same({ 1, 5, "a" }, { rows[1][left.c.id], rows[1][right.c.id], rows[1][left.c.title] })
      ambiguous(rows[1], "id")
      assert.equal(1, rows[1].left_id)
      rows = rows_of(left, { 2 }):splice_vertically(rows_of(left, { 1 })):scalars("name"):all()
      assert.same({ "b", "a" }, rows)
      raises_exc("InvalidRequestError", function()
        rows_of(left, { 1, 2 }):splice_horizontally(rows_of(right, { 5 }))
      end, "2 and 1 rows")
      raises_exc("InvalidRequestError", function() rows_of(left, { 1 }):splice_vertically(rows_of(right, { 5 })) end,
        "2 and 3 columns")
      raises_exc("ArgumentError", function() rows_of(left, { 1 }):splice_vertically({}) end, "expected a result")
    end)

    it("go into other statements as parameters", function()
      conn:execute(right:insert(), { id = 6 })
      local mappings = conn:execute(am.select(right):order_by(right.c.id)):mappings():all()
      conn:execute(right:delete())
      conn:execute(right:insert(), mappings)
      assert.equal(2, conn:scalar(am.select(am.func.count()):select_from(right)))
      assert.is_nil(conn:scalar(am.select(right.c.name):where(right.c.id:eq(6))))
      conn:execute(right:delete())
      conn:execute(right:insert(), mappings[1])
      local rows = conn:execute(am.select(right.c.id, right.c.name)):all()
      assert.equal("(5, 'r')", tostring(rows[1]))
      assert.equal(5, conn:scalar(am.select(right.c.id):where(am.tuple_(right.c.id, right.c.name):in_(rows))))
      assert.equal("(5, 'r')", tostring(rows[1]._t))
      assert.equal(1, #conn:execute(am.select(right)):fetchmany { size = 4 })
    end)

    if backend.dialect == "sqlite" then
      it("that SQLite names with a dot", function()
        local sql = 'select id as "lefts.id" from lefts order by id'
        for _ = 1, 2 do
          local row = first(am.text(sql))
          assert.same({ "id" }, row._fields)
          assert.same({ 1, 1 }, { row.id, row["lefts.id"] })
          row = first(am.text(sql):execution_options { sqlite_raw_colnames = true })
          assert.same({ "lefts.id" }, row._fields)
          refused(row, "id")
        end
      end)
    end
  end)
end)
