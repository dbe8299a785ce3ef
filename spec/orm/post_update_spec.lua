-- post_update: a reference that is written by an UPDATE of its own, after the INSERTs and before the DELETEs.
local am = require "alchemoon"

local Base = am.declarative_base()
local Parent = Base:model("Parent", { __tablename__ = "parent", id = am.Column(am.Integer, { primary_key = true }),
  note = am.Column(am.String, { onupdate = "made" }),
  state = am.Column(am.String, { default = "new", onupdate = "old" }),
  favourite_id = am.Column(am.ForeignKey("child.id", { use_alter = true, name = "fk_favourite" })),
  favourite = am.relationship("Child", { primaryjoin = "Parent.favourite_id == Child.id", post_update = true }),
  children = am.relationship("Child", { primaryjoin = "Parent.id == Child.parent_id", foreign_keys = "Child.parent_id",
    back_populates = "parent", cascade = "all" }) })
local Child = Base:model("Child", { __tablename__ = "child", id = am.Column(am.Integer, { primary_key = true }),
  parent_id = am.Column(am.ForeignKey "parent.id"),
  parent = am.relationship("Parent", { primaryjoin = "Parent.id == Child.parent_id", back_populates = "children" }) })

describe("post_update", function()
  local engine, session, parent, child, updates
  before_each(function()
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    session, updates = am.Session(engine), {}
    child = Child {}
    parent = Parent { children = { child }, favourite = child }
    session:add(parent)
    session:commit()
    am.event.listen(engine, "before_cursor_execute", function(_, _, text, parameters)
      if text:match "^UPDATE" then updates[#updates + 1] = tostring(parameters[1]) end
    end)
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("runs an onupdate of the column's", function()
    assert.equal("made", parent.note)
    parent.favourite = nil
    session:flush()
    assert.same({ "made" }, updates)
  end)

  it("keeps a value that the program gave instead of the onupdate", function()
    assert.equal("made", parent.note)
    parent.favourite, parent.note = nil, "mine"
    session:commit()
    assert.same({ "mine", "mine" }, updates)
    assert.equal("mine", parent.note)
  end)

  it("leaves an object alone whose DELETE follows", function()
    parent.note = "mine"
    session:commit()
    assert.equal("mine", parent.note)
    session:delete(parent)
    session:flush()
    assert.equal("made", updates[#updates])
    assert.equal("mine", parent.note)
  end)

  it("counts what a default made as no value of the program's", function()
    assert.equal("old", parent.state) -- its INSERT said "new"
    local other = Child {}
    local mine = Parent { children = { other }, favourite = other, state = "mine" }
    session:add(mine)
    session:flush()
    assert.equal("mine", mine.state)
  end)

  it("has nothing to write for a pending object that holds what it held before a rollback", function()
    local other = Child {}
    local again = Parent { children = { other }, favourite = other, state = "mine", note = "mine" }
    session:add(again)
    session:flush()
    session:rollback()
    updates = {}
    session:add(again)
    session:flush()
    assert.same({}, updates)
  end)
end)
