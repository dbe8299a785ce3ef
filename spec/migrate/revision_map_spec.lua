-- The graph of revisions: shape, identifiers, paths, rows of the version table.
require "alchemoon"
local RevisionMap = require "alchemoon.migrate.revision_map"
local raises = require("support.init").raises_exc

local function rev(id, down, more)
  local node = { revision = id, down_revision = down, path = id .. ".lua" }
  for key, value in pairs(more or {}) do node[key] = value end
  return node
end

local function map(...) return RevisionMap.new { ... } end

local function branched()
  return map(rev("aa1"), rev("bb1", "aa1", { branch_labels = "left" }), rev("bb2", "bb1"), rev("cc1", "aa1"),
    rev("cc2", "cc1"), rev("dd1", nil, { branch_labels = { "other" } }), rev("dd2", "dd1", { depends_on = "bb1" }))
end

local function error_of(name, fn, text)
  local e = raises(name, fn)
  assert.equal(text, e.message)
end

describe("the map of revisions", function()
  it("knows heads, bases, branch points", function()
    local m = branched()
    assert.same({ "bb2", "cc2", "dd2" }, m:heads())
    assert.same({ "aa1", "dd1" }, m:bases())
    assert.same({ "aa1" }, m:branch_points())
  end)

  it("resolves ids, beginnings of ids, labels, symbols", function()
    local m = branched()
    assert.same({ "bb2" }, m:resolve "bb2")
    assert.same({ "aa1" }, m:resolve "a")
    assert.same({}, m:resolve "base")
    assert.same({ "bb2", "cc2", "dd2" }, m:resolve "heads")
    assert.same({ "bb2" }, m:resolve "left@head")
    assert.same({ "dd2" }, m:resolve "other@heads")
    assert.same({ "bb1" }, m:resolve "left")
    assert.same({ "cc2" }, m:resolve "cc1@head")
    assert.same({ "cc2" }, m:resolve "cc1+1")
    assert.same({ "aa1" }, m:resolve "bb2-2")
    assert.same({}, m:resolve "aa1-1")
    assert.same({ "bb1" }, m:resolve "left@head-1")
    assert.same({ "bb2" }, m:resolve "left@+3")
  end)

  it("says what cannot be located", function()
    local m = branched()
    error_of("ResolutionError", function() m:resolve "zz" end, "Can't locate revision identified by 'zz'")
    error_of("ResolutionError", function() m:resolve "b" end, "Multiple revisions start with 'b': 'bb1', 'bb2'")
    error_of("MultipleHeads", function() m:resolve "head" end, "Multiple head revisions are present for given " ..
      "argument 'head'; please specify a specific target revision, '<branchname>@head' to narrow to a specific " ..
      "head, or 'heads' for all heads")
    error_of("ResolutionError", function() m:resolve "nope@head" end, "Can't locate revision identified by 'nope'")
    error_of("RevisionError", function() m:resolve "bb2+1" end,
      "Relative revision bb2+1 didn't produce 1 migrations")
    error_of("RevisionError", function() m:resolve "aa1+1" end, "Ambiguous walk")
    error_of("ResolutionError", function() m:resolve "left@cc1" end, "Revision cc1 is not a member of branch 'left'")
  end)

  it("refuses cycles, double ids, double labels, missing parents, bad characters", function()
    error_of("CycleDetected", function() map(rev("a", "c"), rev("b", "a"), rev("c", "b"), rev("x")) end,
      "Cycle is detected in revisions (a, b, c)")
    error_of("CycleDetected", function() map(rev("a"), rev("b", "b")) end, "Self-loop is detected in revisions (b)")
    error_of("CycleDetected", function()
      map(rev("a", nil, { depends_on = "b" }), rev("b", nil, { depends_on = "a" }))
    end, "Dependency cycle is detected in revisions (a, b)")
    error_of("RevisionError", function() map(rev("a"), rev("a", nil, { path = "other.lua" })) end,
      "Revision a is present more than once: a.lua and other.lua")
    error_of("RevisionError", function()
      map(rev("a", nil, { branch_labels = "x" }), rev("b", nil, { branch_labels = "x" }))
    end, "Branch name 'x' in revision b already used by revision a")
    error_of("RevisionError", function() map(rev("a", "gone")) end, "Revision gone referenced from a.lua " ..
      "(down_revision) is not present; restore its file, or point down_revision of a at a revision that exists")
    error_of("RevisionError", function() map(rev("a@b")) end,
      "Character(s) '@' not allowed in revision identifier 'a@b'")
  end)

  it("orders an upgrade, dependencies first", function()
    local m = branched()
    assert.same({ "aa1", "bb1", "dd1", "dd2" }, m:upgrade_path({}, "dd2"))
    assert.same({ "bb2" }, m:upgrade_path({ "bb1" }, "left@head"))
    assert.same({ "aa1" }, m:upgrade_path({}, "aa1"))
    assert.same({ "bb1", "bb2" }, m:upgrade_path({ "aa1" }, "left@+2"))
    assert.equal(7, #m:upgrade_path({}, "heads"))
    error_of("RevisionError", function() m:upgrade_path({ "bb2", "cc1" }, "+1") end,
      "Ambiguous upgrade from multiple current revisions")
    error_of("RevisionError", function() m:upgrade_path({ "bb2" }, "+1") end,
      "Relative revision +1 didn't produce 1 migrations")
  end)

  it("orders a downgrade", function()
    local m = branched()
    assert.same({ "bb2", "bb1" }, m:downgrade_path({ "bb2", "cc2" }, "left@aa1"))
    assert.same({ "bb2" }, m:downgrade_path({ "bb2" }, "-1"))
    assert.same({ "dd2", "dd1" }, m:downgrade_path({ "bb2", "dd2" }, "other@base"))
    assert.equal(7, #m:downgrade_path({ "bb2", "cc2", "dd2" }, "base"))
    error_of("RangeNotAncestorError", function() m:downgrade_path({ "bb1" }, "cc1") end,
      "Destination cc1 is not a valid downgrade target from current head(s)")
    error_of("ResolutionError", function() m:downgrade_path({ "gone" }, "base") end,
      "Can't locate revision identified by 'gone'")
  end)

  it("keeps the rows of the version table", function()
    local m = map(rev("a"), rev("b", "a"), rev("c", "a"), rev("d", { "b", "c" }), rev("e", nil, { depends_on = "d" }))
    local function up(heads, id)
      local gone, come = m:after_upgrade(heads, id)
      return { gone, come }
    end
    local function down(heads, id)
      local gone, come = m:after_downgrade(heads, id)
      return { gone, come }
    end
    assert.same({ {}, { "a" } }, up({}, "a"))
    assert.same({ { "a" }, { "b" } }, up({ "a" }, "b"))
    assert.same({ {}, { "c" } }, up({ "b" }, "c"))
    assert.same({ { "b", "c" }, { "d" } }, up({ "b", "c" }, "d"))
    assert.same({ { "d" }, { "b", "c" } }, down({ "d" }, "d"))
    assert.same({ { "c" }, {} }, down({ "b", "c" }, "c"))
    assert.same({ { "b" }, { "a" } }, down({ "b" }, "b"))
    assert.same({ { "d" }, { "e" } }, up({ "d" }, "e"))
    assert.same({ { "e" }, { "d" } }, down({ "e" }, "e"))
    local gone, come = m:after_stamp({ "b", "c" }, { "d" })
    assert.same({ { "b", "c" }, { "d" } }, { gone, come })
    gone, come = m:after_stamp({ "b" }, {})
    assert.same({ { "b" }, {} }, { gone, come })
  end)

  it("lists ranges", function()
    local m = map(rev("a"), rev("b", "a"), rev("c", "b"))
    assert.same({ "c", "b", "a" }, m:range())
    assert.same({ "b", "a" }, m:range("a", "b"))
    assert.same({ "c" }, m:range("-1" and "c", nil))
    error_of("RangeNotAncestorError", function() m:range("c", "a") end,
      "Requested range c:a does not refer to ancestor/descendant revisions along the same branch")
  end)
end)
