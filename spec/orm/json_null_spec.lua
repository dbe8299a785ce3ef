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
