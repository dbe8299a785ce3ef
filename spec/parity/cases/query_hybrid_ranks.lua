-- Hybrids, column properties and expressions over a hierarchy: in selects, orders, updates, aliases and loader options.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local select, func = am.select, am.func

local Base = am.declarative_base()
local Guild = Base:model("Guild", {
  __tablename__ = "guild",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  heroes = am.relationship("Hero", { back_populates = "guild", order_by = "Hero.id" }),
})
local first, last = am.Column(am.String(20), { sort_order = 1 }), am.Column(am.String(20), { sort_order = 2 })
local Hero = Base:model("Hero", {
  __tablename__ = "hero",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  first = first,
  last = last,
  might = am.Column(am.Integer, { sort_order = 3 }),
  guild_id = am.Column(am.ForeignKey("guild.id"), { sort_order = 4 }),
  guild = am.relationship("Guild", { back_populates = "heroes" }),
  full = am.column_property(first .. " " .. last),
  extra = am.query_expression(),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "hero" },
  rank = am.hybrid_property(function(self) return self.might > 5 and "high" or "low" end, {
    expression = function(cls) return am.case({ cls.might:gt(5), "high" }, { else_ = "low" }) end }),
  beats = am.hybrid_method(function(self, other) return self.might > other end, {
    expression = function(cls, other) return cls.might:gt(other) end }),
  double = am.hybrid_property(function(self) return self.might * 2 end, {
    setter = function(self, value) self.might = math.floor(value / 2) end,
    update_expression = function(cls, value) return { { cls.might, math.floor(value / 2) } } end }),
})
local Mage = Base:model("Mage", {
  __extends__ = Hero,
  __tablename__ = "mage",
  id = am.Column(am.ForeignKey("hero.id"), { primary_key = true }),
  mana = am.Column(am.Integer),
  __mapper_args__ = { polymorphic_identity = "mage" },
  power = am.hybrid_property(function(self) return self.might + self.mana end),
})
Guild.strength = am.column_property(select(func.coalesce(func.sum(Hero.might), 0)):where(Hero.guild_id:eq(Guild.id))
  :correlate_except(Hero):scalar_subquery(), { deferred = true })

local eng = parity.engine()
Base.metadata:create_all(eng)
local s = am.Session(eng)
local g = Guild{ name = "sun", heroes = { Hero{ first = "ann", last = "lee", might = 7 },
  Mage{ first = "bo", last = "ray", might = 3, mana = 9 } } }
s:add_all{ g, Guild{ name = "moon" } }
s:commit()
parity.forget()
step("on objects")
local h, m = g.heroes[1], s:scalars(select(Mage)):one()
say(h.full, h.rank, h:beats(6), h.double, m.rank, m.power)
h.double = 8
say(h.might, h.rank)
s:rollback()
step("in queries")
say(s:execute(select(Hero.full, Hero.rank, Hero.double):order_by(Hero.rank, Hero.id)):all())
say(s:scalars(select(Hero.first):where(Hero:beats(5))):all(), s:scalars(select(Mage.power)):all())
say(s:scalars(select(Mage.first):where(Mage.power:gt(5), Mage.rank:eq("low"))):all())
local A = am.aliased(Hero)
say(s:execute(select(A.full, A.rank):where(A.double:gt(6))):all())
say(s:execute(select(Hero.rank, func.count()):group_by(Hero.rank):order_by(Hero.rank)):all())
say(s:scalars(select(Hero):filter_by{ rank = "high" }):one().first)
step("column properties")
s:expunge_all()
for x in s:scalars(select(Guild):order_by(Guild.id)) do
  say(x.name, parity.sorted(am.inspect(x).unloaded), x.strength)
end
s:expunge_all()
say(map(s:scalars(select(Guild):options(am.undefer(Guild.strength)):order_by(Guild.strength)), function(x)
  return { x.name, x.strength }
end))
say(s:execute(select(Guild.name, Guild.strength):where(Guild.strength:gt(0))):all())
local G = am.aliased(Guild)
say(s:execute(select(G.name, G.strength):order_by(G.id)):all())
step("expressions of a query")
s:expunge_all()
for x in s:scalars(select(Hero):options(am.with_expression(Hero.extra, Hero.might * 10)):order_by(Hero.id)) do
  say(x.first, x.extra)
end
say(s:scalars(select(Hero):where(Hero.id:eq(1)):execution_options{ populate_existing = true }):one().extra)
step("eager loads bring them")
s:expunge_all()
local x = s:scalars(select(Guild):options(am.joinedload(Guild.heroes)):where(Guild.name:eq("sun"))):unique():one()
say(map(x.heroes, function(y) return { y.full, y.rank } end))
s:expunge_all()
x = s:scalars(select(Guild):options(am.selectinload(Guild.heroes)):where(Guild.name:eq("sun"))):one()
say(map(x.heroes, function(y) return y.full end))
step("updates")
s:execute(am.update(Hero):where(Hero.rank:eq("high")):values{ double = 20 })
say(s:scalars(select(Hero.might):order_by(Hero.id)):all(), map(x.heroes, function(y) return y.might end))
x.heroes[1].last = "loy"
say(x.heroes[1].full)
s:flush()
say(x.heroes[1].full)
s:commit()
say(x.heroes[1].full)
step("end")
s:close()
