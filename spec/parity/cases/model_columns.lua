-- Columns of a model: order, mixins, abstract bases, table arguments, naming conventions, names unlike attributes.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function sorted(list)
  table.sort(list)
  return list
end
local function name(thing) return thing.name end

-- A refusal for which Python has a class of its own, ValueError and the like.
local function refused(fn) say(pcall(fn) and "no error" or "refused") end

local Base = am.declarative_base{ metadata = am.MetaData{ naming_convention = {
  ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_name)s",
  ck = "ck_%(table_name)s_%(constraint_name)s",
  fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", pk = "pk_%(table_name)s" } } }

local Stamped = {
  created = am.Column(am.DateTime, { server_default = am.func.now(), sort_order = 90 }),
  updated = am.Column(am.DateTime, { onupdate = am.func.now(), sort_order = 91 }),
}
local Named = { name = am.Column(am.String(30), { nullable = false, index = true }) }

local Model = Base:model("Model", {
  __abstract__ = true,
  id = am.Column(am.Integer, { primary_key = true, sort_order = -10 }),
})
function Model:label() return ("%s %d"):format(self.__tablename__, self.id) end

local Team = Base:model("Team", {
  __extends__ = Model,
  __mixins__ = { Named },
  __tablename__ = "teams",
  city = am.Column("town", am.String(40)),
  rank = am.Column(am.Integer, am.CheckConstraint("rank > 0", { name = "positive" }), { unique = true }),
})
local Player = Base:model("Player", {
  __extends__ = Model,
  __mixins__ = { Named, Stamped },
  __tablename__ = "players",
  __table_args__ = {
    am.UniqueConstraint("team_id", "shirt_no"), am.CheckConstraint("shirt_no < 100", { name = "shirt" }),
    am.Index("ix_name_shirt", "name", "shirt_no"), { comment = "who plays", info = { area = "sport" } } },
  shirt = am.Column("shirt_no", am.Integer, { key = "shirt_no", comment = "on the back" }),
  team_id = am.Column(am.ForeignKey("teams.id", { ondelete = "CASCADE" })),
  wage = am.Column("wage_eur", am.Numeric(8, 2), { info = { unit = "EUR" } }),
  team = am.relationship(Team, { backref = "players" }),
})
local Line = Base:model("Line", {
  __extends__ = Model,
  __tablename__ = "lines",
  __table_args__ = { info = { kind = "dict only" } },
  a = am.Column(am.Integer),
  b = am.Column("bb", am.Integer, { nullable = false }),
})

local e = p.engine()
for _, cls in ipairs { Team, Player, Line } do
  local t = cls.__table__
  say(cls, t.name, t.fullname, map(am.columns(t), name), map(am.columns(t), function(c) return c.key end))
  say(map(am.inspect(cls).column_attrs, function(a) return a.key end))
  say(am.CreateTable(t):compile{ dialect = e.dialect.name })
  local indexes = map(t.indexes, function(i) return i end)
  table.sort(indexes, function(a, b) return a.name < b.name end)
  for _, ix in ipairs(indexes) do say(am.CreateIndex(ix):compile{ dialect = e.dialect.name }) end
  say(sorted(map(t.constraints, function(c) return tostring(c.name) end)))
end
say(Player.__table__.comment, Player.__table__.info, Line.__table__.info)
say(Player.__table__.c.wage_eur.info, Player.wage.info, Player.__table__.c.shirt_no.comment)
local keys = {}
for key in pairs(Base.metadata.tables) do keys[#keys + 1] = key end
say(map(Base.metadata.sorted_tables, name), sorted(keys))
say(Player.wage, Player.shirt, Team.city, Player.wage.key, Player.wage.expression)
say(am.inspect(Player):get_property_by_column(Player.__table__.c.wage_eur).key)
say(am.select(Player), am.select(Team.city, Player.wage):join(Team.players))
say(am.select(Team):filter_by{ city = "Rome" })
error_of(function() return am.select(Team):filter_by{ town = "Rome" } end)
step "create"
Base.metadata:create_all(e)
p.forget()
local names = am.inspect(e)
say(sorted(map(names:get_indexes("players"), name)), names:get_pk_constraint("players").name)
say(map(names:get_columns("players"), name), names:get_foreign_keys("players")[1].name)
say(sorted(map(names:get_unique_constraints("players"), name)))
p.forget()
step "rows"
am.Session(e, function(s)
  local red = Team{ name = "red", city = "Rome", rank = 1 }
  local ann = Player{ name = "ann", shirt = 7, wage = 10, team = red }
  s:add(ann)
  s:commit()
  step "read"
  say(ann:label(), red:label(), ann.wage, ann.shirt, red.city, ann.updated, ann.created ~= nil)
  local row = s:execute(am.select(Player.wage, Player.shirt, Team.city):join(Player.team)):one()
  say(row._fields, row.wage, row.shirt, row.city)
  step "change"
  ann.shirt = 9
  s:flush()
  say(am.inspect(ann).attrs.shirt.history, ann.updated ~= nil)
  refused(function() return Player{ shirt_no = 3 } end)
  refused(function() return Player{ nothing = 3 } end)
  s:add(Line{ a = 1 })
  error_of(function() s:flush() end)
  s:rollback()
  p.sql()
end)
step "wrong"
error_of(function() Base:model("NoKey", { __tablename__ = "no_key", x = am.Column(am.Integer) }) end)
error_of(function() Base:model("NoTable", { x = am.Column(am.Integer, { primary_key = true }) }) end)
error_of(function()
  Base:model("Again", { __tablename__ = "teams", id = am.Column(am.Integer, { primary_key = true }) })
end)
error_of(function()
  Base:model("Reserved", { __tablename__ = "reserved", id = am.Column(am.Integer, { primary_key = true }),
    metadata = am.Column(am.Integer) })
end)
error_of(function()
  Base:model("BadArgs", { __tablename__ = "bad_args", __table_args__ = am.UniqueConstraint("id"),
    id = am.Column(am.Integer, { primary_key = true }) })
end)
