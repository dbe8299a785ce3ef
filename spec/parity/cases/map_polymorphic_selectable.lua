-- with_polymorphic = { "*", selectable }, joined chains with join_depth above such a class, immediateload of it, and
-- column properties of a hierarchy that is loaded whole.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, FK, func, select = am.Column, am.Integer, am.String, am.ForeignKey, am.func, am.select

local Base = am.declarative_base()
local pt = am.Table("p", Base.metadata, Column("id", Integer, { primary_key = true }), Column("kind", String(5)),
  Column("name", String(9)), Column("o_id", FK "o.id"))
local qt = am.Table("q", Base.metadata, Column("id", FK "p.id", { primary_key = true }), Column("extra", Integer))
local pj = select(pt, qt.c.extra, qt.c.id:label "q_id"):outerjoin_from(pt, qt):subquery "pj"

local O = Base:model("O", { __tablename__ = "o", id = Column(Integer, { primary_key = true }),
  up_id = Column(FK "o.id"), ps = am.relationship("P", { lazy = "joined", order_by = pt.c.id }),
  subs = am.relationship("O", { lazy = "joined", join_depth = 2, order_by = "O.id" }) })
local P = Base:model("P", { __table__ = pt, o = am.relationship(O, { overlaps = "ps" }),
  __mapper_args__ = { polymorphic_on = pt.c.kind, polymorphic_identity = "p", with_polymorphic = { "*", pj } } })
local Q = Base:model("Q", { __extends__ = P, __table__ = qt, __mapper_args__ = { polymorphic_identity = "q" } })
local Top = Base:model("Top", { __tablename__ = "t", id = Column(Integer, { primary_key = true }),
  o_id = Column(FK "o.id"), o = am.relationship(O, { lazy = "joined" }) })
local A = Base:model("A", { __tablename__ = "a", id = Column(Integer, { primary_key = true }),
  kind = Column(String(5)), o_id = Column(FK "o.id"),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "a", with_polymorphic = "*" } })
local B = Base:model("B", { __extends__ = A, __tablename__ = "b", id = Column(FK "a.id", { primary_key = true }),
  extra = Column(Integer), __mapper_args__ = { polymorphic_identity = "b" } })

local whole = am.with_polymorphic(A, { B }, { flat = true, aliased = true })
Top.count = am.column_property(
  select(func.count(whole.id)):where(whole.o_id:eq(Top.o_id)):correlate_except(whole):scalar_subquery())
Top.most = am.column_property(
  select(func.max(B.extra)):where(B.o_id:eq(Top.o_id)):correlate_except(B):scalar_subquery())
B.total = am.column_property(B.extra + A.id)
am.configure_mappers()

local db = p.engine()
Base.metadata:create_all(db)
local session = am.Session(db)
for _, one in ipairs { O { id = 1 }, O { id = 2, up_id = 1 }, O { id = 3, up_id = 2 },
  P { id = 1, name = "a", o_id = 1 }, Q { id = 2, name = "b", extra = 7, o_id = 2 }, Top { id = 1, o_id = 1 },
  A { id = 1, o_id = 1 }, B { id = 2, o_id = 1, extra = 5 } } do
  session:add(one)
  session:flush()
end
session:commit()
session:close()
p.forget()

local function shown(title, statement, fn)
  step(title)
  local s = am.Session(db)
  for _, one in ipairs(s:scalars(statement):unique():all()) do
    say(am.inspect(one).mapper.class.__name, one.id, fn(one))
  end
  p.sql()
  s:close()
end

shown("all", select(P):order_by(P.id), function(one) return one.name end)
shown("criteria of the subclass", select(P):where(Q.extra:eq(7)), function(one) return one.extra end)
shown("joined", select(O):order_by(O.id), function(one) return #one.ps, #one.subs end)
shown("below a chain", select(Top), function(one) return #one.o.ps, #one.o.subs, #one.o.subs[1].subs end)
shown("deeper by options", select(Top):options(am.joinedload(Top.o):joinedload(O.subs):joinedload(O.subs)),
  function(one) return #one.o.subs, #one.o.subs[1].subs end)
shown("immediate", select(O):options(am.lazyload(O.subs), am.immediateload(O.ps)):order_by(O.id),
  function(one) return #one.ps end)
shown("properties over a hierarchy", select(Top):options(am.lazyload(Top.o)),
  function(one) return one.count, one.most end)
shown("a property of the subclass", select(B):where(B.total:gt(6)), function(one) return one.total end)
local other = am.with_polymorphic(A, "*", { aliased = true })
shown("the same of an alias", select(other):where(other.B.total:gt(6)), function(one) return one.total end)
