-- am.del_attribute(): what `del obj.attr` is in Python.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

describe("del_attribute", function()
  local User, Address, seen

  before_each(function()
    local Base = am.declarative_base()
    seen = {}
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)), nick = am.synonym "name",
      addresses = am.relationship("Address", { back_populates = "user" }),
      check = am.validates("name", function(_, key, value, removing)
        seen[#seen + 1] = ("%s=%s%s"):format(key, tostring(value), removing and " leaves" or "")
        return value
      end, { include_removes = true }) })
    Address = Base:model("Address", { __tablename__ = "addresses", id = am.Column(am.Integer, { primary_key = true }),
      user_id = am.Column(am.ForeignKey "users.id"), user = am.relationship("User", { back_populates = "addresses" }) })
  end)

  it("fires remove, for a column and for its synonym, and leaves nothing", function()
    am.event.listen(User.name, "remove", function(_, value, initiator)
      seen[#seen + 1] = "remove " .. tostring(value) .. " of " .. initiator.key
    end)
    local user = User { name = "ed" }
    am.del_attribute(user, "nick")
    assert.same({ "name=ed", "remove ed of name", "name=ed leaves" }, seen)
    assert.is_nil(user.name)
    raises("ArgumentError", function() am.del_attribute(user, "name") end, "User.name object does not have a value")
  end)

  it("of an expired column is news without an old value; where history is active, the old value is loaded", function()
    local Thing = am.declarative_base():model("Thing", { __tablename__ = "thing",
      id = am.Column(am.Integer, { primary_key = true }), plain = am.Column(am.Integer),
      active = am.Column(am.Integer, { active_history = true }) })
    local engine = am.create_engine "sqlite://"
    Thing.__table__:create(engine)
    local session = am.Session(engine)
    local thing = Thing { plain = 1, active = 2 }
    session:add(thing)
    session:commit()
    local told
    am.event.listen(Thing.plain, "remove", function(_, value) told = value end)
    am.del_attribute(thing, "plain")
    assert.equal(am.NO_VALUE, told)
    local history = am.inspect(thing).attrs.plain.history
    assert.same({ { am.null }, {}, {} }, { history.added, history.unchanged, history.deleted })
    am.del_attribute(thing, "active")
    assert.same({ 2 }, am.inspect(thing).attrs.active.history.deleted)
    session:close()
    engine:dispose()
  end)

  it("leaves nothing in the dict of a persistent object either", function()
    local engine = am.create_engine "sqlite://"
    User.__table__:create(engine)
    local session = am.Session(engine)
    local user = User { name = "ed" }
    session:add(user)
    session:flush()
    am.del_attribute(user, "name")
    assert.is_nil(am.inspect(user).dict.name)
    user.name = "edward"
    assert.equal("edward", am.inspect(user).dict.name)
    session:close()
    engine:dispose()
  end)

  it("takes an object out of the collection on the other side", function()
    local user = User { addresses = { Address {}, Address {} } }
    local address = user.addresses[1]
    am.del_attribute(address, "user")
    assert.equal(1, #user.addresses)
    assert.is_nil(address.user)
  end)
end)

describe("a validator of a collection", function()
  it("may make an object of what it is given", function()
    local Base = am.declarative_base()
    local Address = Base:model("Address", { __tablename__ = "addresses",
      email = am.Column(am.String(20), { primary_key = true }), user_id = am.Column(am.ForeignKey "users.id") })
    local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      addresses = am.relationship("Address"),
      keyed = am.relationship("Address", { collection_class = am.attribute_keyed_dict "email", viewonly = true }),
      make = am.validates("addresses", "keyed", function(_, _, value)
        return type(value) == "string" and Address { email = value } or value
      end) })
    local user = User {}
    user.addresses:append "a"
    assert.equal("a", user.addresses[1].email)
    user.addresses = { "b", "c" }
    assert.equal("c", user.addresses[2].email)
    user.keyed:set("d", "d")
    assert.equal("d", user.keyed.d.email)
    raises("UnmappedInstanceError", function() user.addresses:append(5) end, "5 of type number cannot be part of")
  end)
end)

describe("synonym_for", function()
  it("reads through its function and stands for the column in SQL", function()
    local Job = am.declarative_base():model("Job", { __tablename__ = "jobs",
      id = am.Column(am.Integer, { primary_key = true }), state = am.Column(am.String(10)),
      status = am.synonym_for("state", function(self) return "is " .. self.state end) })
    assert.equal("is done", Job { state = "done" }.status)
    assert.equal("jobs.state = :state_1", tostring(Job.status:eq "done"))
    raises("ArgumentError", function() Job {}.status = "x" end, "can't set attribute 'status'")
  end)

  it("reads the reference first where its history is active, and says so where it may not", function()
    local engine = am.create_engine "sqlite://"
    for _, case in ipairs {
      { lazy = "select", active = true }, { lazy = "select", active = true, detached = "DetachedInstanceError" },
      { lazy = "raise", active = true, attached = "InvalidRequestError" }, { lazy = "raise" },
      { lazy = "select" } } do
      local Base = am.declarative_base()
      local Owner = Base:model("Owner", { __tablename__ = "owners",
        id = am.Column(am.Integer, { primary_key = true }) })
      local Pet = Base:model("Pet", { __tablename__ = "pets", id = am.Column(am.Integer, { primary_key = true }),
        owner_id = am.Column(am.ForeignKey "owners.id"),
        owner = am.relationship("Owner", { lazy = case.lazy, active_history = case.active }) })
      Base.metadata:create_all(engine)
      local session, gone = am.Session(engine), nil
      am.event.listen(Pet.owner, "remove", function(_, value) gone = value end)
      session:add(Pet { id = 1, owner = Owner { id = 1 } })
      session:commit()
      session:expunge_all()
      local pet = session:get(Pet, 1)
      if case.detached then session:expunge(pet) end
      local refused = case.detached or case.attached
      if refused then
        raises(refused, function() am.del_attribute(pet, "owner") end, "owner")
      else
        am.del_attribute(pet, "owner")
        if case.active then
          assert.equal(1, gone.id)
          assert.same({ gone }, am.inspect(pet).attrs.owner.history.deleted)
        else
          assert.equal(am.PASSIVE_NO_RESULT, gone)
        end
        session:commit()
        assert.is_nil(session:scalar(am.select(Pet.owner_id)))
      end
      session:close()
      Base.metadata:drop_all(engine)
      Base.registry:dispose()
    end
    engine:dispose()
  end)
end)
