-- Joined inheritance without a discriminator: nothing in a row of the base tells its class, so each class has
-- identities of its own.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

local function classes()
  local Base = am.declarative_base()
  local Part = Base:model("Part", { __tablename__ = "parts",
    id = am.Column(am.Integer, { primary_key = true, autoincrement = false }), name = am.Column(am.String(20)) })
  local Wheel = Base:model("Wheel", { __extends__ = Part, __tablename__ = "wheels",
    id = am.Column(am.ForeignKey "parts.id", { primary_key = true }), size = am.Column(am.Integer) })
  local Door = Base:model("Door", { __extends__ = Part, __tablename__ = "doors",
    id = am.Column(am.ForeignKey "parts.id", { primary_key = true }) })
  return { Base = Base, Part = Part, Wheel = Wheel, Door = Door }
end

backends.each(function(backend)
  describe("classes without a discriminator", function()
    local function with(fn)
      blog.with(backend, nil, function(env)
        local s = env.session()
        s:add_all { env.Part { id = 1, name = "one" }, env.Wheel { id = 2, name = "two", size = 20 },
          env.Door { id = 3, name = "three" } }
        s:commit()
        s:expunge_all()
        fn(env, s)
        s:close()
      end, classes)
    end

    it("are found as what was asked for", function()
      with(function(env, s)
        local parts = s:scalars(am.select(env.Part):order_by(env.Part.id)):all()
        for i, part in ipairs(parts) do assert.same({ i, env.Part }, { part.id, getmetatable(part) }) end
        local wheels = s:scalars(am.select(env.Wheel)):all()
        assert.same({ 1, env.Wheel, 20 }, { #wheels, getmetatable(wheels[1]), wheels[1].size })
        assert.are.equal(wheels[1], s:get(env.Wheel, 2))
        assert.are.equal(parts[2], s:get(env.Part, 2))
        assert.are.equal(env.Door, getmetatable(s:get(env.Door, 3)))
        assert.is_nil(s:get(env.Wheel, 1))
      end)
    end)

    it("are merged, changed and deleted one by one", function()
      with(function(env, s)
        local wheel, part = s:merge(env.Wheel { id = 2, name = "w" }), s:merge(env.Part { id = 2, name = "p" })
        assert.are_not.equal(wheel, part)
        assert.same({ "w", "p" }, { wheel.name, part.name })
        s:rollback()
        wheel = s:get(env.Wheel, 2)
        wheel.name, wheel.size = "round", 21
        s:flush()
        s:execute(am.update(env.Part):values { name = "any" })
        assert.are.equal("any", wheel.name)
        s:commit()
        assert.same({ { "any", 21 } }, env.rows("select name, size from parts join wheels on parts.id = wheels.id"))
        s:delete(wheel)
        s:commit()
        assert.same({ { 1 }, { 3 } }, env.rows("select id from parts order by id"))
      end)
    end)

    it("keep the identities of new objects", function()
      with(function(env, s)
        local wheel = env.Wheel { id = 9, size = 1 }
        s:add_all { wheel, env.Part { id = 8 } }
        s:flush()
        assert.are.equal(wheel, s:get(env.Wheel, 9))
        assert.is_true(s.identity_map:contains(wheel))
        assert.are.equal(env.Wheel, am.inspect(wheel).identity_key[1])
        s:rollback()
        assert.is_true(am.inspect(wheel).transient)
        assert.is_nil(s:get(env.Wheel, 9))
      end)
    end)
  end)
end)
