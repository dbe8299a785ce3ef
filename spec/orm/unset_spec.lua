-- Columns that an INSERT left out: they are not loaded, and reading them costs no SQL.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

local function classes()
  local Base = am.declarative_base()
  local Doc = Base:model("Doc", { __tablename__ = "docs", __mapper_args__ = { eager_defaults = false },
    id = am.Column(am.Integer, { primary_key = true }), title = am.Column(am.String(50)),
    notes = am.deferred(am.Column(am.String(50))), state = am.Column(am.String(50), { server_default = "new" }) })
  return { Base = Base, Doc = Doc }
end

local function names(list)
  local out = {}
  for i, name in ipairs(list) do out[i] = name end
  table.sort(out)
  return table.concat(out, " ")
end

backends.each(function(backend)
  local function with(fn)
    blog.with(backend, nil, function(env)
      local s = env.session()
      local doc = env.Doc {}
      s:add(doc)
      s:flush()
      env.log:take()
      fn(env, s, doc, am.inspect(doc))
      s:close()
    end, classes)
  end

  describe("a column that was not set before an INSERT", function()
    it("is unloaded and reads nil without SQL; one with a server default is expired", function()
      with(function(env, _, doc, state)
        assert.equal("notes state title", names(state.unloaded))
        assert.equal("state", names(state.expired_attributes))
        assert.is_nil(doc.title)
        assert.same({}, env.log:take())
        assert.equal("title", names(state.unloaded):match("title"))
        assert.equal("new", doc.state)
        assert.is_nil(doc.notes) -- deferred: asked for
        assert.same({ "SELECT docs.state AS docs_state FROM docs WHERE docs.id = ? [1]",
          "SELECT docs.notes AS docs_notes FROM docs WHERE docs.id = ? [1]" }, env.log:take())
        assert.equal("title", names(state.unloaded))
      end)
    end)

    it("of a table without RETURNING is asked for row by row, after one INSERT and one UPDATE of all rows", function()
      local function eager()
        local Base = am.declarative_base()
        local Doc = Base:model("Doc", { __tablename__ = "docs", __mapper_args__ = { eager_defaults = true },
          __table_args__ = { implicit_returning = false }, id = am.Column(am.Integer, { primary_key = true }),
          title = am.Column(am.String(50)), state = am.Column(am.String(50), { server_default = "new" }),
          stamp = am.Column(am.Integer, { server_onupdate = am.FetchedValue() }) })
        return { Base = Base, Doc = Doc }
      end
      blog.with(backend, nil, function(env)
        local s = env.session()
        local a, b = env.Doc { id = 1, title = "a", stamp = 1 }, env.Doc { id = 2, title = "b", stamp = 1 }
        s:add_all { a, b }
        s:flush()
        local ask = "SELECT docs.%s AS docs_%s FROM docs WHERE docs.id = ? [%d]"
        assert.same({ "INSERT INTO docs (id, title, stamp) VALUES (?, ?, ?) [(1, a, 1) (2, b, 1)]",
          ask:format("state", "state", 1), ask:format("state", "state", 2) }, env.log:take())
        a.title, b.title = "c", "d"
        s:flush()
        assert.same({ "UPDATE docs SET title=? WHERE docs.id = ? [(c, 1) (d, 2)]",
          ask:format("stamp", "stamp", 1), ask:format("stamp", "stamp", 2) }, env.log:take())
        s:close()
      end, eager)
    end)

    it("has no old value when it is set afterwards", function()
      with(function(env, s, doc, state)
        doc.title = nil
        assert.same({ am.null }, state.attrs.title.history.added)
        assert.same({}, state.attrs.title.history.deleted)
        s:flush()
        assert.equal(1, #env.log:take())
      end)
    end)

    it("is loaded by the next row of its object, and after expiry", function()
      with(function(env, s, doc, state)
        s:scalars(am.select(env.Doc)):all()
        assert.equal("notes", names(state.unloaded))
        s:expire(doc)
        env.log:take()
        assert.is_nil(doc.title)
        assert.equal(1, #env.log:take())
        assert.equal("notes", names(state.unloaded))
      end)
    end)

    it("reads nil on a detached object too, and after it came back", function()
      with(function(env, s, doc, state)
        s:expunge(doc)
        assert.is_nil(doc.title)
        assert.has_error(function() return doc.state end)
        s:add(doc)
        assert.is_nil(doc.title)
        assert.equal("notes state title", names(state.unloaded))
        assert.same({}, env.log:take())
      end)
    end)

    it("is asked for when it alone was expired", function()
      with(function(env, s, doc)
        s:execute(env.Doc.__table__:update():values { title = "set" })
        assert.is_nil(doc.title)
        env.log:take()
        s:expire(doc, { "title" })
        assert.equal("set", doc.title)
        assert.equal(1, #env.log:take())
      end)
    end)
  end)

  describe("a column whose INSERT was given an SQL expression", function()
    it("is expired, and the others are not", function()
      with(function(env, s)
        local doc = env.Doc { title = am.func.lower("LOUD") }
        s:add(doc)
        s:flush()
        assert.equal("state title", names(am.inspect(doc).expired_attributes))
        assert.equal("loud", doc.title)
      end)
    end)
  end)
end)

describe("what an INSERT left out, of an object that is deleted", function()
  it("reads nil without SQL, also when it is deleted twice and when the deletion is committed", function()
    local Base = am.declarative_base()
    local Thing = Base:model("Thing", { __tablename__ = "thing", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String), other_id = am.Column(am.ForeignKey "thing.id"),
      other = am.relationship("Thing", { remote_side = "Thing.id" }) })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    local thing = Thing { id = 1 }
    session:add(thing)
    session:flush()
    session:delete(thing)
    session:flush()
    assert.is_nil(thing.name)
    session:delete(thing)
    session:flush()
    session:commit()
    assert.is_nil(thing.name)
    session:close()
    engine:dispose()
  end)

  it("is looked up again when the deletion is rolled back", function()
    local Base = am.declarative_base()
    local Thing = Base:model("Thing", { __tablename__ = "thing", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String) })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session = am.Session(engine, { expire_on_commit = false })
    local thing = Thing { id = 1 }
    session:add(thing)
    session:commit()
    session:execute(am.text "update thing set name = 'x'")
    session:commit()
    session:delete(thing)
    session:flush()
    session:rollback()
    assert.equal("x", thing.name)
    session:close()
    engine:dispose()
  end)
end)
