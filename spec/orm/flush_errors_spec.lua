-- Errors in the middle of a flush: what is raised, and in which state session and objects are afterwards.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local state = blog.state

local function failure(fn)
  local ok, e = pcall(fn)
  assert.is_false(ok)
  return e
end

backends.each(function(backend)
  local function with(fn) return blog.with(backend, nil, fn) end

  describe("objects that depend on each other in a circle", function()
    it("are found when they are reached: what does not depend on them is written, and rolled back", function()
      with(function(env)
        local s = env.session()
        local a, b, ann = env.Node { name = "a" }, env.Node { name = "b" }, env.User { name = "ann" }
        a.parent, b.parent = b, a
        s:add_all { a, b, ann }
        env.log:take()
        local e = failure(function() s:flush() end)
        assert.equal("CircularDependencyError", e.name)
        assert.matches("^Circular dependency detected%. %(.*SaveUpdateState%(<Node at", tostring(e))
        local log = env.log:take()
        assert.equal(1, #log)
        assert.matches("^INSERT INTO users", log[1])
        s:rollback()
        assert.equal("transient", state(ann))
        assert.same({}, env.rows "select * from users")
      end)
    end)
  end)

  describe("a listener that raises", function()
    it("in before_insert leaves the session to be rolled back", function()
      with(function(env)
        local s, ann = env.session(), env.User { name = "ann" }
        local function refuse() error("no", 0) end
        am.event.listen(env.User, "before_insert", refuse)
        s:add(ann)
        assert.equal("no", failure(function() s:flush() end))
        assert.equal("transient", state(ann))
        assert.is_false(s.is_active)
        local e = failure(function() s:execute(am.text "select 1") end)
        assert.equal("PendingRollbackError", e.name)
        assert.equal("This Session's transaction has been rolled back due to a previous exception during flush. To "
          .. "begin a new transaction with this Session, first issue Session.rollback(). Original exception was: no",
          tostring(e))
        s:rollback()
        assert.is_true(s.is_active)
        am.event.remove(env.User, "before_insert", refuse)
        s:add(ann)
        s:commit()
        assert.equal("persistent", state(ann))
      end)
    end)

    it("in before_flush or before_commit changes nothing", function()
      with(function(env)
        for _, name in ipairs { "before_flush", "before_commit" } do
          local s, ann = env.session(), env.User { name = "ann" }
          local function refuse() error("no", 0) end
          am.event.listen(s, name, refuse)
          s:add(ann)
          assert.equal("no", failure(function() s:commit() end))
          assert.equal("pending", state(ann))
          assert.is_true(s.is_active)
          am.event.remove(s, name, refuse)
          s:commit()
          assert.equal("persistent", state(ann))
          s:close()
        end
      end)
    end)

    it("may not flush again", function()
      with(function(env)
        local s = env.session()
        am.event.listen(env.User, "before_insert", function() s:flush() end)
        s:add(env.User { name = "ann" })
        local e = failure(function() s:flush() end)
        assert.equal("InvalidRequestError: Session is already flushing", e.name .. ": " .. tostring(e))
      end)
    end)
  end)

  describe("autoflush", function()
    it("says so in front of the database's message", function()
      with(function(env)
        local s = env.session()
        s:add(env.User {})
        local e = failure(function() s:scalars(am.select(env.User)):all() end)
        assert.equal("IntegrityError", e.name)
        assert.equal("(raised as a result of Query-invoked autoflush; consider using a session.no_autoflush block if "
          .. "this flush is occurring prematurely)", tostring(e):match("^[^\n]*"))
        assert.equal(1, #e.detail)
      end)
    end)

    it("happens before statements about classes only", function()
      with(function(env)
        local s = env.session()
        s:add(env.User { name = "ann" })
        s:execute(am.text "select 1")
        s:execute(am.select(env.User.__table__))
        assert.equal(1, #s.new)
        s:execute(am.insert(env.Tag), { { name = "x" } })
        assert.equal(0, #s.new)
      end)
    end)
  end)

  describe("a transaction that has ended", function()
    it("cannot be rolled back or committed again", function()
      with(function(env)
        local s = env.session()
        local savepoint = s:begin_nested()
        savepoint:rollback()
        for _, name in ipairs { "rollback", "commit" } do
          local e = failure(function() savepoint[name](savepoint) end)
          assert.equal("ResourceClosedError: This transaction is closed", e.name .. ": " .. tostring(e))
        end
      end)
    end)
  end)

  describe("an error of ours that a default or onupdate raises", function()
    local function classes()
      local Base = am.declarative_base()
      local fails = { at = 1, calls = 0 }
      local function make()
        fails.calls = fails.calls + 1
        if fails.calls == fails.at then am.exc.raise("InvalidRequestError", "no value today") end
        return fails.calls
      end
      local Day = Base:model("Day", { __tablename__ = "days", id = am.Column(am.Integer, { primary_key = true }),
        x = am.Column(am.Integer, { default = make }), y = am.Column(am.Integer, { onupdate = make }),
        z = am.Column(am.Integer) })
      return { Base = Base, Day = Day, fails = fails }
    end

    it("is a StatementError that shows the statement and what was given", function()
      blog.with(backend, nil, function(env)
        local s, Day, fails = env.session(), env.Day, env.fails
        local function refused(fn, statement, given)
          fails.calls = 0
          local e = failure(fn)
          assert.equal("StatementError", e.name)
          assert.equal("InvalidRequestError", e.orig.name)
          assert.matches("^%(alchemoon.exc.InvalidRequestError%) no value today\n", tostring(e))
          assert.matches(statement, e.statement)
          assert.same(given, e.params)
          s:rollback()
        end
        local one, two = Day { z = 1 }, Day { z = 2 }
        refused(function() s:add(one) s:flush() end, "^INSERT INTO days %(x, y, z%) VALUES",
          { { y = am.null, z = 1 } })
        fails.at = 2
        refused(function() s:add_all { one, two } s:flush() end, "^INSERT INTO days %(x, y, z%) VALUES",
          { { y = am.null, z = 1 }, { y = am.null, z = 2 } })
        assert.is_nil(rawget(am.inspect(one).dict, "x"))
        fails.at = 1
        refused(function() s:execute(am.insert(Day), { { z = 1 } }) end, "^INSERT INTO days %(x, z%)", { { z = 1 } })
        refused(function() s:execute(am.update(Day.__table__):values { z = 1 }) end, "^UPDATE days SET y=", {})
        local day = Day { x = 1, z = 1 }
        s:add(day)
        s:commit()
        local id = day.id
        day.z = 2
        refused(function() s:flush() end, "^UPDATE days SET y=.*, z=", { { z = 2, days_id = id } })
      end, classes)
    end)
  end)

  describe("a listener that changes relationships while a flush executes", function()
    it("is warned", function()
      with(function(env)
        local s, seen = env.session(), {}
        local ann = env.User { name = "ann", posts = { env.Post { title = "one" } } }
        s:add(ann)
        s:commit()
        am.logging.set_handler(function(record) seen[#seen + 1] = record.message:match "'(.-)' operation" end)
        am.event.listen(env.User, "before_update", function(_, _, user)
          user.posts:append(env.Post { title = "two" })
          user.posts:remove(user.posts[1])
          s:add(env.User { name = "bob" })
        end)
        local post = ann.posts[1]
        ann.name = "anna"
        local ok, e = pcall(s.flush, s)
        am.logging.set_handler(nil)
        if not ok then error(e, 0) end
        assert.equal("Session.add()", seen[#seen])
        assert.is_true(am.inspect(post).persistent)
        assert.same({ "collection append", "related attribute set", "collection remove", "related attribute set" },
          { seen[1], seen[2], seen[3], seen[4] })
        s:rollback()
      end)
    end)
  end)

  if backend.dialect == "postgresql" then
    describe("an INSERT whose row a trigger swallows", function()
      it("says that no row came back for its key", function()
        with(function(env)
          env.engine:begin(function(conn)
            conn:exec_driver_sql("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS "
              .. "$$ BEGIN RETURN NULL; END $$")
            conn:exec_driver_sql("CREATE TRIGGER swallow BEFORE INSERT ON posts "
              .. "FOR EACH ROW EXECUTE FUNCTION swallow()")
          end)
          local s = env.session()
          local function inserts(fn)
            local e = failure(fn)
            s:rollback()
            assert.equal("FlushError", e.name)
            return tostring(e)
          end
          local single = "^Single%-row INSERT statement for Mapper.Post.posts.. did not produce a new primary "
          local multi = "^Multi%-row INSERT statement for Mapper.Post.posts.. did not produce the correct number of "
          assert.matches(single, inserts(function() s:add(env.Post {}) s:flush() end))
          assert.matches(multi, inserts(function()
            s:add_all { env.Post {}, env.Post {}, env.Post {} }
            s:flush()
          end))
          local opts = { return_defaults = true }
          assert.matches(single, inserts(function() s:bulk_save_objects({ env.Post {} }, opts) end))
          assert.matches(multi, inserts(function() s:bulk_save_objects({ env.Post {}, env.Post {} }, opts) end))
          local result = s:connection():execute(env.Post.__table__:insert(), { title = "x" })
          assert.is_nil(result.inserted_primary_key)
          s:close()
          env.engine:begin(function(conn) conn:exec_driver_sql("DROP FUNCTION swallow CASCADE") end)
        end)
      end)
    end)
  end

  describe("execute()", function()
    it("takes statements only", function()
      with(function(env)
        local s = env.session()
        assert.equal("Executable SQL or text() construct expected, got 5.", tostring(failure(function()
          s:execute(5)
        end)))
        assert.equal("Textual SQL expression 'select 1' should be explicitly declared as text('select 1')",
          tostring(failure(function() s:execute("select 1") end)))
      end)
    end)
  end)
end)
