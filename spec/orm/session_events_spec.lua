-- Events of sessions, mappers and instances: which are told, in which order, with what.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local raises = require("support.init").raises_exc

local MAPPER = { "before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete" }
local STATES = { "transient_to_pending", "pending_to_transient", "persistent_to_transient", "pending_to_persistent",
  "detached_to_persistent", "loaded_as_persistent", "persistent_to_deleted", "deleted_to_persistent",
  "deleted_to_detached", "persistent_to_detached", "before_attach", "after_attach" }
local SESSION = { "after_begin", "before_commit", "after_commit", "after_rollback", "after_soft_rollback",
  "before_flush", "after_flush", "after_flush_postexec", "after_transaction_create", "after_transaction_end" }

local function rows(session, sql)
  local out = {}
  for i, row in ipairs(session:execute(am.text(sql)):all()) do out[i] = { row:unpack() } end
  return out
end

backends.each(function(backend)
  local function with(fn)
    blog.with(backend, nil, function(env)
      local s, told = env.session(), {}
      local function note(name) told[#told + 1] = name end
      for _, name in ipairs(MAPPER) do am.event.listen(env.User, name, function() note(name) end) end
      for _, list in ipairs { STATES, SESSION } do
        for _, name in ipairs(list) do am.event.listen(s, name, function() note(name) end) end
      end
      local function events()
        local list = told
        told = {}
        return list
      end
      fn(env, s, events)
      s:close()
    end)
  end

  describe("the events of a session", function()
    it("of an INSERT stand in SQLAlchemy's order", function()
      with(function(env, s, events)
        s:add(env.User { id = 1, name = "ann" })
        assert.same({ "after_transaction_create", "before_attach", "after_attach", "transient_to_pending" }, events())
        s:commit()
        assert.same({ "before_commit", "before_flush", "after_transaction_create", "after_begin", "before_insert",
          "after_insert", "after_flush", "pending_to_persistent", "after_flush_postexec", "after_transaction_end",
          "after_commit", "after_transaction_end" }, events())
      end)
    end)

    it("of an UPDATE and a DELETE too", function()
      with(function(env, s, events)
        local ann = env.User { id = 1, name = "ann" }
        s:add(ann)
        s:commit()
        ann.name = "anna"
        events()
        s:flush()
        assert.same({ "before_flush", "after_transaction_create", "after_begin", "before_update", "after_update",
          "after_flush", "after_flush_postexec", "after_transaction_end" }, events())
        s:delete(ann)
        s:flush()
        local seen = events()
        assert.equal("before_delete after_delete after_flush persistent_to_deleted",
          table.concat(seen, " "):match("before_delete.*persistent_to_deleted"))
        s:rollback()
        assert.same({ "after_rollback", "deleted_to_persistent", "after_transaction_end", "after_soft_rollback" },
          events())
        s:delete(ann)
        s:commit()
        seen = events()
        assert.equal("deleted_to_detached after_transaction_end", table.concat(seen, " ", #seen - 1))
      end)
    end)

    it("of loading and closing", function()
      with(function(env, s, events)
        s:add(env.User { id = 1, name = "ann" })
        s:commit()
        s:expunge_all()
        events()
        assert.equal("ann", s:get(env.User, 1).name)
        assert.same({ "after_transaction_create", "after_begin", "loaded_as_persistent" }, events())
      end)
    end)
  end)

  describe("a listener", function()
    it("may add to a flush, query in it, and leave again", function()
      with(function(env, s)
        local function add(session)
          for _, obj in ipairs(session.new) do
            if getmetatable(obj) == env.User and #obj.posts == 0 then obj.posts:append(env.Post { title = "auto" }) end
          end
        end
        am.event.listen(s, "before_flush", add)
        assert.is_true(am.event.contains(s, "before_flush", add))
        s:add(env.User { name = "ann" })
        s:commit()
        assert.equal(1, s:scalar(am.select(am.func.count()):select_from(env.Post)))
        am.event.remove(s, "before_flush", add)
        assert.is_false(am.event.contains(s, "before_flush", add))
        local count
        am.event.listen(env.User, "before_update", function(_, conn, target)
          count = conn:execute(am.text "select count(*) from posts"):scalar()
          target.email = "set"
        end)
        local ann = s:scalars(am.select(env.User)):one()
        ann.name = "anna"
        s:commit()
        assert.equal("1 set", count .. " " .. ann.email)
      end)
    end)

    it("of do_orm_execute may change the statement, its options, or answer itself", function()
      with(function(env, s)
        s:add_all { env.User { id = 1, name = "ann" }, env.User { id = 2, name = "bob" } }
        s:commit()
        local function only_bob(state)
          if state.is_select then state.statement = state.statement:where(env.User.name:eq("bob")) end
        end
        am.event.listen(s, "do_orm_execute", only_bob)
        assert.equal(2, s:scalars(am.select(env.User)):one().id)
        am.event.remove(s, "do_orm_execute", only_bob)
        local seen
        local function options(state)
          seen = { state.execution_options.mine, state.local_execution_options.mine or "none" }
        end
        am.event.listen(s, "do_orm_execute", options)
        s:execute(am.select(env.User):execution_options { mine = "statement" })
        assert.same({ "statement", "none" }, seen)
        s:execute(am.select(env.User), nil, { mine = "call" })
        assert.same({ "call", "call" }, seen)
        am.event.remove(s, "do_orm_execute", options)
        am.event.listen(s, "do_orm_execute", function(state)
          return state:invoke_statement(am.select(env.User):where(env.User.id:eq(1)))
        end)
        assert.equal("ann", s:scalars(am.select(env.User)):one().name)
      end)
    end)

    it("of do_orm_execute sees the options as they came in, whatever it adds to them", function()
      with(function(env, s)
        local seen
        am.event.listen(s, "do_orm_execute", function(state)
          state:update_execution_options { mine = "new" }
          seen = { state.execution_options.mine, state.local_execution_options.mine }
        end)
        s:execute(am.select(env.User), nil, { mine = "old" })
        assert.same({ "old", "new" }, seen)
      end)
    end)

    it("of do_orm_execute are told of from_statement() what its statement is", function()
      with(function(env, s)
        local seen = {}
        am.event.listen(s, "do_orm_execute", function(state)
          seen[#seen + 1] = ("%s %s %s"):format(state.is_select, state.is_insert, state.is_from_statement)
          if not state.is_select then
            raises("InvalidRequestError", function() return state.lazy_loaded_from end, "not against a SELECT")
          end
        end)
        local from = am.select(env.User)
        s:execute(from:from_statement(am.insert(env.User):values { name = "x" }:returning(env.User))):all()
        s:execute(from:from_statement(am.text "select * from users")):all()
        s:execute(from:from_statement(am.select(env.User))):all()
        assert.same({ "false true true", "false false true", "true false true" }, seen)
      end)
    end)

    it("of do_orm_execute merges parameters into those of the execution, set by set", function()
      with(function(env, s)
        local given = { { name = "x" }, { name = "y" } }
        am.event.listen(s, "do_orm_execute", function(state)
          if not state.is_insert then return end
          raises("InvalidRequestError", function() return state.lazy_loaded_from end, "not against a SELECT")
          return state:invoke_statement { params = given }
        end)
        s:execute(am.insert(env.User), { { id = 1, name = "ann" }, { id = 2, name = "bob" } })
        assert.same({ { "x" }, { "y" } }, rows(s, "select name from users order by id"))
        raises("InvalidRequestError", function()
          s:execute(am.insert(env.User), { { id = 3, name = "c" }, { id = 4, name = "d" }, { id = 5, name = "e" } })
        end, "%(3%) does not match number of parameter sets given to ORMExecuteState.invoke_statement%(%) %(2%)")
      end)
    end)

    it("of the engine hears of loads as of any statement", function()
      with(function(env, s)
        s:add(env.User { id = 1, name = "ann" })
        s:commit()
        local told = {}
        local function before(_, _, _, params) told[#told + 1] = params.pk_1 or "all" end
        am.event.listen(env.engine, "before_execute", before)
        am.event.listen(env.engine, "after_execute", function() told[#told + 1] = "after" end)
        local ann = s:get(env.User, 1)
        s:expire(ann)
        assert.equal("ann", ann.name)
        s:scalars(am.select(env.User)):all()
        assert.same({ 1, "after", 1, "after", "all", "after" }, told)
      end)
    end)

    it("of statements sees the options of a query in those of its loaders", function()
      with(function(env, s)
        s:add(env.User { id = 1, name = "ann", posts = { env.Post { id = 1 } } })
        s:commit()
        local seen = {}
        am.event.listen(env.engine, "before_cursor_execute", function(_, _, _, _, context)
          seen[#seen + 1] = context.execution_options.mine or "none"
        end)
        local stmt = am.select(env.User):options(am.selectinload(env.User.posts)):execution_options { mine = "yes" }
        s:scalars(stmt):all()
        assert.same({ "yes", "yes" }, seen)
      end)
    end)

    it("of load and refresh may set attributes: that is no change", function()
      with(function(env, s)
        s:add(env.User { id = 1, name = "ann" })
        s:commit()
        s:expunge_all()
        am.event.listen(env.User, "load", function(user) user.name = "loaded" end)
        am.event.listen(env.User, "refresh", function(user) user.name = "refreshed" end)
        local user = s:get(env.User, 1)
        assert.same({ "loaded" }, am.inspect(user).attrs.name.history.unchanged)
        assert.is_false(s.dirty:contains(user))
        s:expire(user)
        assert.equal("refreshed", user.name)
        assert.same({ "refreshed" }, am.inspect(user).attrs.name.history.unchanged)
      end)
    end)

    it("of load come row by row, what hangs on an object before the object", function()
      with(function(env, s)
        s:add_all { env.User { id = 1, name = "u1", posts = { env.Post { id = 1 }, env.Post { id = 2 } } },
          env.User { id = 2, name = "u2", posts = { env.Post { id = 3 } } } }
        s:commit()
        s:expunge_all()
        local seen = {}
        am.event.listen(s, "loaded_as_persistent", function(_, obj)
          seen[#seen + 1] = am.inspect(obj).mapper.class_name .. obj.id
        end)
        s:scalars(am.select(env.User):options(am.joinedload(env.User.posts)):order_by(env.User.id)):unique():all()
        assert.equal(5, #seen)
        assert.same({ "Post", "User1", "Post" }, { seen[1]:sub(1, 4), seen[2], seen[3]:sub(1, 4) })
        assert.same({ "Post3", "User2" }, { seen[4], seen[5] })
        s:expunge_all()
        seen = {}
        s:execute(am.select(env.User, env.Post):join(env.User.posts):order_by(env.Post.id)):all()
        assert.same({ "User1", "Post1", "Post2", "User2", "Post3" }, seen)
      end)
    end)

    it("of transactions tell what a transaction began with", function()
      with(function(env, s)
        local seen = {}
        am.event.listen(s, "after_transaction_create", function(_, t) seen[#seen + 1] = t.origin.name end)
        s:add(env.User { id = 1, name = "ann" })
        s:flush()
        s:begin_nested():rollback()
        s:rollback()
        assert.equal(am.SessionTransactionOrigin.BEGIN, s:begin().origin)
        assert.same({ "AUTOBEGIN", "SUBTRANSACTION", "BEGIN_NESTED", "BEGIN" }, seen)
      end)
    end)
  end)
end)

describe("listeners of am.Session, of a factory and of one session", function()
  it("are called in the order in which they came; those of the one session come last", function()
    local engine, heard, listening = am.create_engine "sqlite://", {}, {}
    local factory = am.sessionmaker(engine)
    local session = factory()
    for i, target in ipairs { session, factory, am.Session, factory } do
      local function listener() heard[#heard + 1] = i end
      am.event.listen(target, "before_commit", listener)
      listening[i] = { target, listener }
    end
    session:commit()
    for _, pair in ipairs(listening) do am.event.remove(pair[1], "before_commit", pair[2]) end
    assert.same({ 2, 3, 4, 1 }, heard)
    session:commit()
    assert.equal(4, #heard)
    session:close()
    engine:dispose()
  end)
end)
