-- Properties in every shape: added later, renamed, over explicit tables, two names for a column, expressions.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select, func = am.select, am.func


local function refused(fn) say(pcall(fn) and "no error" or "refused") end
local md = am.MetaData{ naming_convention = { ix = "ix_%(table_name)s_%(column_0_name)s",
  fk = "fk_%(table_name)s_%(referred_table_name)s" } }
local Base = am.declarative_base{ metadata = md }
local raw = am.Table("raw", md, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("user name", am.String(10), { key = "uname" }), am.Column("size", am.Integer, { info = { unit = "cm" } }),
  am.Column("hidden", am.String(5), { default = "h" }), am.Column("owner_id", am.ForeignKey("owner.id")))

local id = am.Column(am.Integer, { primary_key = true })
local first = am.Column(am.String(10), { info = { a = 1 }, doc = "first name" })
local last = am.Column("surname", am.String(10))
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = id,
  first = first,
  last = last,
  full = am.column_property(first .. " " .. last, { info = { b = 2 } }),
  initials = am.column_property(func.substr(first, 1, 1):concat(func.substr(last, 1, 1)), { deferred = true }),
  bio = am.deferred(am.Column(am.String(10)), { group = "big" }),
  photo = am.deferred(am.Column(am.String(10)), { group = "big" }),
  secret = am.deferred(am.Column(am.String(10)), { raiseload = true }),
  extra = am.query_expression(am.literal_column("0")),
  note = am.query_expression(),
})
local Raw = Base:model("Raw", {
  __table__ = raw,
  name = raw.c.uname,
  width = am.column_property(raw.c.size, { active_history = true }),
  double = am.column_property(raw.c.size * 2),
  owner = am.relationship(Owner, { backref = "raws" }),
})
local Sorted = {
  z = am.Column(am.Integer),
  made_by = am.declared_attr(function(cls) return am.Column(am.String(5), { default = cls.__name__ }) end),
}
local Abstract = Base:model("Abstract", {
  __abstract__ = true,
  id = am.Column(am.Integer, { primary_key = true }),
  tag = am.Column(am.String(5), { index = true }),
})
local One = Base:model("One", {
  __extends__ = Abstract,
  __mixins__ = { Sorted },
  __tablename__ = "one",
  first = am.Column(am.Integer),
  parent_id = am.Column(am.ForeignKey("owner.id")),
})
Owner.raw_count = am.column_property(select(func.count(raw.c.id)):where(raw.c.owner_id:eq(Owner.id))
  :correlate_except(raw):scalar_subquery())
Owner.nick = am.Column("nick_name", am.String(10))
Owner.alias = am.synonym("nick")
One.late = am.Column(am.Integer, { default = 5 })
One.parent = am.relationship(Owner, { backref = "ones" })
am.inspect(One):add_property("later", One.__table__.c.first)
local function name(x) return x.name end
say(map(am.columns(Owner.__table__), name), map(am.columns(One.__table__), name),
  p.sorted(map(One.__table__.indexes, name)),
  map(One.__table__.foreign_key_constraints, name))
local e = p.engine()
Base.metadata:create_all(e)
p.forget()
for _, cls in ipairs { Owner, Raw, One } do
  local m = am.inspect(cls)
  say(cls, p.sorted(m.attrs:keys()), p.sorted(m.column_attrs:keys()), p.sorted(m.columns:keys()))
end
say(Owner.first.info, Owner.full.info, am.inspect(Raw).attrs.width.columns[1].info, Owner.first.property.doc,
  Raw.name.key)
say(Owner.last.name, Owner.last.key, Raw.name.property.columns[1].name,
  am.inspect(Raw):get_property_by_column(raw.c.uname).key)
say(am.inspect(Owner).attrs.full.expression, am.inspect(Owner).attrs.bio.deferred, am.inspect(Owner).attrs.bio.group)
say(select(Owner))
say(select(Raw):where(Raw.name:eq("x"), Raw.double:gt(3)))
say(select(Owner.full, Owner.raw_count):where(Owner.alias:eq("n")))
local s = am.Session(e)
step "rows"
local o = Owner{ first = "Ann", last = "Lee", bio = "b", photo = "p", secret = "s", alias = "al" }
local r = Raw{ name = "r", width = 2, owner = o }
say(o.full, o.raw_count, o.extra, o.nick, r.double, r.hidden)
s:add_all{ o, r, One{ parent = o, later = 9 } }
s:flush()
say(r.hidden, r.double, p.sorted(am.inspect(o).unloaded))
say(o.full, o.raw_count)
s:commit()
step "deferred"
o = s:scalars(select(Owner)):one()
say(p.sorted(am.inspect(o).unloaded), o.raw_count)
say(o.bio)
say(o.photo, o.initials)
error_of(function() return o.secret end)
s:expunge_all()
o = s:scalars(select(Owner):options(am.undefer_group("big"), am.undefer(Owner.initials),
  am.with_expression(Owner.note, Owner.first .. "!"), am.with_expression(Owner.extra, func.length(Owner.last)))):one()
say(p.sorted(am.inspect(o).unloaded), o.note, o.extra)
s:expunge_all()
o = s:scalars(select(Owner):options(am.load_only(Owner.full))):one()
say(p.sorted(am.inspect(o).unloaded))
s:expunge_all()
o = s:scalars(select(Owner)):one()
step "change"
r = s:scalars(select(Raw)):one()
r.width = 7
say(am.inspect(r).attrs.width.history, r.double)
r.double = 4
say(r.double, s.dirty:contains(r))
s:flush()
say(r.double)
s:commit()
say(r.double, r.width, rawequal(o.raws[1], r), o.raw_count)
local x = s:scalars(select(One)):one()
say(x.first, x.later, x.late, x.made_by, rawequal(x.parent, o))
x.later = 4
s:flush()
say(x.first)
s:refresh(x)
say(x.first, x.later)
step "refresh"
s:refresh(o, { "full", "bio" })
say(o.full, o.bio)
s:expire(o, { "raw_count" })
say(o.raw_count)
step "queries"
say(s:execute(select(Owner.full, Owner.initials, Owner.raw_count)):all())
say(s:scalars(select(Owner.id):where(Owner.full:like("Ann%")):order_by(Owner.full:desc())):all())
say(s:execute(select(Raw.double, func.count()):group_by(Raw.double)):all())
say(s:execute(select(Owner.alias, Raw.name):join(Raw.owner)):one()._fields)
refused(function() return Raw{ uname = "x" } end)
refused(function() return Raw{ size = 1 } end)
s:rollback()
p.sql()
