-- am.ordering_list: a list whose items know their position.
local am = require "alchemoon"

local function id() return am.Column(am.Integer, { primary_key = true }) end

describe("an ordering_list", function()
  it("numbers its items", function()
    local Base = am.declarative_base()
    local Slide = Base:model("Slide", { __tablename__ = "slide", id = id(), bullets = am.relationship("Bullet", {
      order_by = "Bullet.position", collection_class = am.ordering_list("position", { count_from = 1 }) }) })
    local Bullet = Base:model("Bullet", { __tablename__ = "bullet", id = id(), position = am.Column(am.Integer),
      slide_id = am.Column(am.ForeignKey("slide.id")) })
    local s, a, b, c = Slide(), Bullet(), Bullet(), Bullet()
    s.bullets:append(a)
    s.bullets:append(b)
    assert.equal(2, b.position)
    s.bullets:insert(1, c)
    assert.same({ 1, 2, 3 }, { c.position, a.position, b.position })
    s.bullets:remove(a)
    assert.equal(2, b.position)
    s.bullets = { b, c } -- a position that is there is kept
    assert.same({ 2, 1 }, { b.position, c.position })
    s.bullets:reorder()
    assert.same({ 1, 2 }, { b.position, c.position })
    s.bullets:reverse()
    assert.same({ 1, 2 }, { b.position, c.position })
  end)
end)
