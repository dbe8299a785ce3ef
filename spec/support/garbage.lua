-- What a program loses and Lua's collector finds. In LuaJIT a trace, or a slot of the stack that nobody uses any more,
-- may hold on to it.
local garbage = {}

--- Calls fn(...) on a stack of its own, LuaJIT's compiler at rest: what it makes, and nobody else holds, is garbage
-- when lose returns; so is a coroutine that fn becomes by yielding.
---@param fn function
---@param ... any
function garbage.lose(fn, ...)
  local jit = rawget(_G, "jit")
  local compiles = jit and jit.status()
  if jit then
    jit.off()
    jit.flush()
  end
  local ok, e = coroutine.resume(coroutine.create(fn), ...)
  if compiles then jit.on() end
  if not ok then error(e, 0) end
end

--- Stops the collector, until collectgarbage "restart". Between two rounds, because LuaJIT's goes on by itself when a
-- trace is left while it stands before finalizers (lj_trace_exit).
function garbage.stop()
  garbage.collect()
  collectgarbage("stop")
end

--- The collector has been everywhere, and finalizers have run.
function garbage.collect()
  collectgarbage()
  collectgarbage()
end

return garbage
