-- What sets answer about others.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

describe("a set", function()
  local Base = am.declarative_base()
  local Role = Base:model("Role", { __tablename__ = "roles", id = am.Column(am.Integer, { primary_key = true }),
    perms = am.relationship("Perm", { collection_class = "set" }), codes = am.association_proxy("perms", "code"),
    tags = am.Column(am.MutableSet.as_mutable(am.JSON)) })
  local Perm = Base:model("Perm", { __tablename__ = "perms", id = am.Column(am.Integer, { primary_key = true }),
    code = am.Column(am.String(10)), role_id = am.Column(am.ForeignKey "roles.id") })

  it("of a relationship tells what it shares with others, in their order, and stays what it is", function()
    local read, write, admin = Perm { code = "r" }, Perm { code = "w" }, Perm { code = "a" }
    local role = Role { perms = { read, write } }
    local perms = role.perms
    assert.same({ read, write, admin }, { unpack(perms:union { write, admin }) })
    assert.same({ write }, { unpack(perms:intersection { write, admin }) })
    assert.same({ read }, { unpack(perms:difference { write, admin }) })
    assert.same({ read, admin }, { unpack(perms:symmetric_difference { write, admin }) })
    assert.is_true(perms:union({ admin }):contains(admin))
    assert.same({ true, false, true, false }, { perms:issubset { read, write, admin }, perms:issubset { read },
      perms:issuperset { read }, perms:isdisjoint { read } })
    assert.equal(2, #role.perms)
  end)

  it("of values does so too", function()
    local role = Role { perms = { Perm { code = "r" }, Perm { code = "w" } }, tags = { "x", "y" } }
    assert.equal("[r]", tostring(role.codes:difference { "w" }))
    assert.equal("[y, z]", tostring(role.tags:symmetric_difference { "x", "z" }))
  end)

  it("changes itself by what others have, whatever kind it is", function()
    local role = Role { perms = { Perm { code = "a" }, Perm { code = "b" }, Perm { code = "c" } },
      tags = { "a", "b", "c" } }
    for _, set in ipairs { role.codes, role.tags } do
      set:difference_update { "a", "z" }
      assert.equal("[b, c]", tostring(set))
      set:intersection_update { "c", "y" }
      assert.equal("[c]", tostring(set))
      set:symmetric_difference_update { "c", "d" }
      assert.equal("[d]", tostring(set))
      assert.equal("d", set:pop())
      assert.equal(0, #set)
    end
    assert.equal(0, #role.perms)
  end)

  it("asks for another list or set, and says so", function()
    local role = Role { perms = {}, tags = {} }
    for _, set in ipairs { role.perms, role.codes, role.tags } do
      for name in pairs(require "alchemoon.orm.set_algebra") do
        for _, other in ipairs { "abc", 5, am.null, print } do
          raises_exc("ArgumentError", function() set[name](set, other) end,
            "^set:" .. name .. ": expected a list or a set, got " .. type(other))
        end
        raises_exc("ArgumentError", function() set[name](set) end, "got nil$")
      end
    end
  end)
end)
