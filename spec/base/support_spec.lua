-- The helpers that other specs rely on.
local core = require "alchemoon.core"
local faults = require "support.faults"
local resources = require "support.resources"
local backends = require "support.backends"

describe("support", function()
  it("lists the databases", function()
    local seen = {}
    for i, backend in ipairs(backends.list()) do seen[i] = backend.name end
    assert.same({ "sqlite-memory", "sqlite-file" }, { seen[1], seen[2] })
    assert.equal(os.getenv "ALCHEMOON_TEST_PG" ~= nil, seen[3] == "postgresql")
    assert.is_nil(backends.get("oracle"))
    assert.is_true(backends.get("sqlite-memory").capabilities.returning)
  end)

  it("counts descriptors", function()
    local before = resources.fds()
    local file = assert(io.open("/dev/null"))
    assert.equal(before + 1, resources.fds())
    file:close()
    assert.equal(before, resources.fds())
  end)

  it("sees a heap that grows", function()
    local kept = {}
    assert.has_error(function()
      resources.assert_no_growth(function() kept[#kept + 1] = { #kept } end)
    end)
    resources.assert_no_growth(function() return { 1, 2, 3 } end)
  end)

  it("lets every allocation fail once", function()
    local tried = faults.every_fault(function()
      local order = core.topological_sort(3, { { 3, 1 } })
      assert(order[1] == 2)
    end)
    assert.equal(faults.active, tried > 3)
  end)

  if faults.active then
    it("finds swallowed and misreported failures", function()
      assert.has_error(function()
        faults.every_fault(function()
          if not pcall(core.topological_sort, 3, {}) then error("something else") end
        end)
      end)
      assert.has_error(function() faults.every_fault(function() core.topological_sort(3, {}) end, { max = 1 }) end)
    end)
  end
end)
