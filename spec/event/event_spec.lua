-- Listening, removing, firing.
local event = require "alchemoon.event"
local families = require "alchemoon.event.events"
local raises_exc = require("support.init").raises_exc

describe("event", function()
  local Class, all, log

  local Box = {}
  Box.__index = Box
  local resolver_on = false
  event.register_target("query", function(target, create)
    if not resolver_on then return nil end
    if target == Class then return all end
    if getmetatable(target) == Box then
      if not target.node and create then target.node = event.node{ { all, "all" } } end
      return target.node or all
    end
  end)

  before_each(function()
    resolver_on = true
    Class, all, log = {}, event.node(), {}
  end)
  after_each(function() resolver_on = false end)

  local function note(tag) return function(...) log[#log + 1] = tag .. select("#", ...) end end
  local function box() return setmetatable({}, Box) end

  it("every event has distinct argument names and valid passes", function()
    for _, family in ipairs(families.order) do
      for _, def in ipairs(families[family]) do
        assert.is_string(def[1])
        assert.is_table(def[2])
      end
    end
    for _, defs in pairs(families.by_name) do
      for _, def in ipairs(defs) do
        assert.are.equal(#(def.passes or {}), #(def.pass_at or {}))
      end
    end
  end)

  it("calls class listeners first, then the instance's, then none", function()
    local b = box()
    event.listen(b, "before_compile_update", note "one")
    event.listen(Class, "before_compile_update", note "all")
    event.fire(b.node.before_compile_update, 1, 2)
    assert.same({ "all2", "one2" }, log)
    assert.is_nil(b.node.before_compile)
    local later = event.node{ { all, "all" } }
    event.fire(later.before_compile_update, 1)
    assert.same({ "all2", "one2", "all1" }, log)
  end)

  it("insert puts a listener first, once calls it once", function()
    local b = box()
    event.listen(b, "before_compile_delete", note "a")
    event.listen(b, "before_compile_delete", note "b", { insert = true, once = true })
    event.fire(b.node.before_compile_delete)
    event.fire(b.node.before_compile_delete)
    assert.same({ "b0", "a0", "a0" }, log)
  end)

  it("passes values through listeners that do not return them", function()
    local b = box()
    event.listen(b, "before_compile", note "plain")
    event.listen(b, "before_compile", function(q) return q .. "!" end, { retval = true })
    local q = "q"
    for _, fn in ipairs(b.node.before_compile) do q = fn(q) end
    assert.are.equal("q!", q)
    assert.same({ "plain1" }, log)
  end)

  it("a listener that is registered twice is called once", function()
    local b, listener = box(), note "x"
    event.listen(b, "before_compile_update", listener)
    event.listen(b, "before_compile_update", listener, { insert = true })
    event.listen(b, "before_compile_delete", listener)
    event.fire(b.node.before_compile_update, 1)
    assert.same({ "x1" }, log)
    event.remove(b, "before_compile_update", listener)
    assert.is_false(event.contains(b, "before_compile_update", listener))
    assert.is_true(event.contains(b, "before_compile_delete", listener))
  end)

  it("named listeners get one table", function()
    local b, got = box(), nil
    event.listen(b, "before_compile_update", function(t) got = t end, { named = true })
    event.fire(b.node.before_compile_update, "Q", "U")
    assert.same({ query = "Q", update_context = "U" }, got)
  end)

  it("removes and finds listeners", function()
    local b, fn = box(), note "x"
    event.listen(b, "before_compile", fn)
    assert.is_true(event.contains(b, "before_compile", fn))
    event.remove(b, "before_compile", fn)
    assert.is_false(event.contains(b, "before_compile", fn))
    assert.is_nil(b.node.before_compile)
    raises_exc("InvalidRequestError", function() event.remove(b, "before_compile", fn) end,
      "No listeners found for event")
  end)

  it("a base class hands down only what is propagated", function()
    local base = event.node{ { all, "all" } }
    local derived = event.node{ { all, "all" }, { base, "propagate" } }
    local dispatch = require "alchemoon.event.dispatch"
    local function call() end
    dispatch.add(base, "load", { fn = call, call = call })
    assert.is_nil(derived.load)
    dispatch.add(base, "load", { fn = call, call = call, propagate = true })
    assert.are.equal(1, #derived.load)
    dispatch.add(all, "load", { fn = call, call = call })
    assert.are.equal(2, #derived.load)
    assert.are.equal(3, #base.load)
  end)

  it("a node knows whether anybody watches its statements", function()
    local dispatch = require "alchemoon.event.dispatch"
    local node = event.node{ { all, "all" } }
    local function call() end
    assert.is_false(node.is_watched)
    dispatch.add(node, "checkout", { fn = call, call = call })
    assert.is_false(node.is_watched)
    dispatch.add(all, "handle_error", { fn = call, call = call })
    assert.is_true(node.is_watched)
    assert.is_true(event.node({ { all, "all" } }).is_watched)
    dispatch.add(node, "before_execute", { fn = call, call = call })
    dispatch.remove(all, "handle_error", call)
    assert.is_true(node.is_watched)
    dispatch.remove(node, "before_execute", call)
    assert.is_false(node.is_watched)
  end)

  it("a listener may remove itself while the event is fired", function()
    local b = box()
    local fn
    fn = function() log[#log + 1] = "self"; event.remove(b, "before_compile_update", fn) end
    event.listen(b, "before_compile_update", fn)
    event.listen(b, "before_compile_update", note "next")
    event.fire(b.node.before_compile_update)
    event.fire(b.node.before_compile_update)
    assert.same({ "self", "next0", "next0" }, log)
  end)

  it("refuses what it does not know", function()
    raises_exc("InvalidRequestError", function() event.listen(box(), "before_compil", print) end,
      "No such event 'before_compil' for target .*did you mean 'before_compile'")
    raises_exc("InvalidRequestError", function() event.listen({}, "before_compile", print) end, "No such event")
    local engine = require("alchemoon").create_engine "sqlite://"
    raises_exc("InvalidRequestError", function() event.listen(engine, "nope", print) end,
      "No such event 'nope' for target 'Engine%(sqlite://%)'")
    raises_exc("ArgumentError", function() event.listen(nil, "before_compile", print) end)
    raises_exc("ArgumentError", function() event.listen(box(), "before_compile", 7) end)
    raises_exc("ArgumentError", function() event.listen(box(), "before_compile", print, { onse = true }) end,
      "'onse'.*did you mean 'once'")
  end)
end)
