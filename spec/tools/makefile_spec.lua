-- The Makefile: how the libraries are linked, whoever says how.

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

describe("the Makefile", function()
  -- A rock's SHARED once left this out, and LuaJIT crashed when it ended with a connection in a pool.
  it("links core and drivers so that they are never unloaded, also for a rock", function()
    local linked = {}
    for _, line in ipairs(lines_of("make -Bn core drivers LUA=rock LUA_INC=-I. SHARED='-O2 -shared' 2>&1")) do
      local library = line:match(" %-o %S-(%w+)%.so ")
      if library then linked[library] = line:find("-Wl,-z,nodelete", 1, true) ~= nil end
    end
    assert.same({ core = true, sqlite = true, postgresql = true }, linked)
  end)
end)
