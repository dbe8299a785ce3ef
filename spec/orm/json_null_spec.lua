-- JSON columns in a flush: nil is SQL NULL, am.null is the JSON value null.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

local function classes()
  local Base = am.declarative_base()
  local Doc = Base:model("Doc", { __tablename__ = "docs", id = am.Column(am.Integer, { primary_key = true }),
    data = am.Column(am.JSON) })
  return { Base = Base, Doc = Doc }
end

backends.each(function(backend)
  describe("a JSON column", function()
    it("is shown to listeners as the text that is sent, in a flush and in a statement", function()
      blog.with(backend, nil, function(env)
        local s, seen = env.session(), {}
        am.event.listen(env.engine, "before_cursor_execute", function(_, _, _, parameters)
          if type(parameters[1]) ~= "table" then parameters = { parameters } end
          for _, row in ipairs(parameters) do
            for i = 1, row.n or #row do
              if type(row[i]) ~= "number" then seen[#seen + 1] = row[i] end
            end
          end
        end)
        local docs = {}
        for i = 1, 4 do docs[i] = env.Doc { id = i, data = { a = i } } end
        s:add_all(docs)
        s:flush()
        s:execute(am.insert(env.Doc):values { id = 9, data = { 1, am.null } })
        s:execute(am.insert(env.Doc.__table__), { { id = 10, data = am.null } })
        assert.same({ '{"a": 1}', '{"a": 2}', '{"a": 3}', '{"a": 4}', "[1, null]", "null" }, seen)
      end, classes)
    end)

    it("is merged as it is: NULL stays NULL, the same document is no change", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local docs = { env.Doc { id = 1 }, env.Doc { id = 2, data = { 1, 2 } }, env.Doc { id = 3, data = am.null } }
        s:add_all(docs)
        s:commit()
        for _, doc in ipairs(docs) do s:refresh(doc) end
        s:expunge_all()
        for i, doc in ipairs(docs) do docs[i] = s:merge(doc) end
        for _, doc in ipairs(docs) do assert.is_false(s:is_modified(doc)) end
        docs[2].data = { 1, 2 }
        assert.is_false(s:is_modified(docs[2]))
        docs[2].data = {}
        s:flush()
        docs[2].data = am.json_array {}
        assert.is_true(s:is_modified(docs[2]))
        s:commit()
        assert.is_nil(docs[1].data)
        assert.equal(1, s:scalar(am.text("select count(*) from docs where data is null")))
      end, classes)
    end)

    it("tells NULL from null when it is inserted and updated", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local function is_sql_null(id)
          return s:scalar(am.select(am.func.count()):select_from(env.Doc):where(env.Doc.id:eq(id),
            am.text "docs.data is null")) == 1
        end
        local absent, null, value = env.Doc { id = 1 }, env.Doc { id = 2, data = am.null }, env.Doc { id = 3,
          data = { a = 1 } }
        s:add_all { absent, null, value }
        s:commit()
        assert.is_true(is_sql_null(1))
        assert.is_false(is_sql_null(2))
        assert.is_nil(absent.data)
        value.data = am.null
        null.data = nil
        s:commit()
        assert.is_false(is_sql_null(3))
        assert.is_true(is_sql_null(2))
        assert.is_nil(null.data)
        s:close()
      end, classes)
    end)
  end)
end)

describe("am.JSON.NULL", function()
  it("is the JSON value null in conditions", function()
    local docs = am.table("docs", am.column("data", am.JSON))
    assert.equal(am.null, am.JSON.NULL)
    assert.equal("docs.data = :data_1", tostring(docs.c.data:eq(am.JSON.NULL)))
    assert.equal("docs.data IS NULL", tostring(docs.c.data:eq(nil)))
  end)
end)

describe("a value of null in bulk operations", function()
  local engine, session, Doc
  before_each(function()
    local Base = am.declarative_base()
    local Marked = am.TypeDecorator { impl = am.String(20), should_evaluate_none = true,
      process_bind_param = function(value)
        if value == nil or value == am.null then return "nothing" end
        return value
      end }
    Doc = Base:model("Doc", { __tablename__ = "docs", id = am.Column(am.Integer, { primary_key = true }),
      data = am.Column(am.JSON, { default = { a = 1 } }), mark = am.Column(Marked, { default = "default" }),
      bare = am.Column(Marked) })
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    session = am.Session(engine)
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  local function rows()
    local out = {}
    local text = "select coalesce(data, 'NULL'), coalesce(mark, 'NULL'), coalesce(bare, 'NULL') from docs order by id"
    for i, row in ipairs(session:execute(am.text(text)):all()) do out[i] = table.concat({ row:unpack() }, " ") end
    return out
  end

  it("is JSON's null, and a value for a type that evaluates none", function()
    session:bulk_insert_mappings(Doc, { { id = 1 }, { id = 2, data = am.null, mark = am.null, bare = am.null } })
    session:execute(am.insert(Doc), { { id = 3, data = am.null, mark = am.null } })
    session:bulk_save_objects { Doc { id = 4, data = am.null, mark = am.null } }
    assert.same({ '{"a": 1} default NULL', "null nothing nothing", "null nothing NULL", "null nothing NULL" }, rows())
    session:bulk_update_mappings(Doc, { { id = 1, data = am.null } })
    assert.equal("null default NULL", rows()[1])
  end)

  it("a flush writes nothing for what was never set, and what the type makes of an explicit null", function()
    session:add_all { Doc { id = 1 }, Doc { id = 2, data = am.null, mark = am.null, bare = am.null } }
    session:flush()
    assert.same({ '{"a": 1} default NULL', "null nothing nothing" }, rows())
  end)
end)
