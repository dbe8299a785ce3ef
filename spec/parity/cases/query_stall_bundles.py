"""Mixed rows: bundles (nested, of aliases, single_entity, of an own class), entities beside columns, labels, keys,
mappings, columns(), scalars(k), unique by key, and asking rows by class, alias, attribute, bundle and label."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Stall(Base):
    __tablename__ = "stall"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    row_no = mapped_column("rowno", Integer)
    goods = relationship("Good", back_populates="stall", order_by="Good.id")
    title = column_property(name + "!")
    alias_name = synonym("name")


class Good(Base):
    __tablename__ = "good"
    id = mapped_column(Integer, primary_key=True)
    stall_id = mapped_column(ForeignKey("stall.id"))
    name = mapped_column(String(20))
    price = mapped_column(Integer)
    stall = relationship(Stall, back_populates="goods")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Stall(id=1, name="fish", row_no=3), Stall(id=2, name="fruit", row_no=4), Stall(id=3, name="tea")])
    s.flush()
    s.add_all([Good(id=1, stall_id=1, name="cod", price=9), Good(id=2, stall_id=1, name="eel", price=12),
               Good(id=3, stall_id=2, name="fig", price=4), Good(id=4, stall_id=2, name="plum")])
    s.commit()
forget()
s = Session(e)
step("bundle")
b = Bundle("b", Stall.id, Stall.name, Stall.row_no)
for r in s.execute(select(b).order_by(Stall.id)):
    say(r, r.b.id, r.b.name, r.b.row_no, r[0][1])
say(list(s.execute(select(b)).first().b._mapping.keys()))
say(s.execute(select(b).where(b.c.name == "tea")).one())
say(s.scalars(select(b).where(b.c.id < 3).order_by(b.c.rowno.desc(), b.c.id)).all())
sql()
step("single entity")
one = Bundle("one", Good.name, Good.price, single_entity=True)
say(s.execute(select(one).order_by(Good.id)).all())
say([r.one.price for r in s.execute(select(one).order_by(Good.id))])
say(s.execute(select(one, Good.id).order_by(Good.id)).first())
sql()
step("nested")
n = Bundle("n", Stall.name, Bundle("inner", Good.name, func.coalesce(Good.price, 0).label("price")))
for r in s.execute(select(n, Good).join(Good.stall).order_by(Good.id)):
    say(r.n.name, r.n.inner.name, r.n.inner.price, r.Good.id, r.n)
sql()
step("alias")
g2 = aliased(Good, name="other")
ab = Bundle("ab", g2.id, g2.name.label("nm"))
for r in s.execute(select(Good.name, ab).join(g2, and_(g2.stall_id == Good.stall_id, g2.id > Good.id)).order_by(Good.id)):
    say(r, r.ab.nm, r.name)
sql()


class Pairs(Bundle):
    def create_row_processor(self, query, procs, labels):
        def proc(row):
            return {label: p(row) for label, p in zip(labels, procs)}
        return proc


step("own class")
for r in s.execute(select(Pairs("d", Stall.id, Stall.name), Stall.row_no).order_by(Stall.id)):
    say(r.d, r.row_no)
say(s.scalars(select(Pairs("d", Good.id, Good.name)).order_by(Good.id)).all())
sql()
step("mixed rows")
g = aliased(Good)
res = s.execute(select(Stall, g, g.price.label("cost"), literal(7), Stall.title, Stall.alias_name, func.count().over().label("n"))
                .join(g, g.stall_id == Stall.id).order_by(g.id))
say(list(res.keys()))
row = res.first()
say(row.Stall.name, row[1].name, row.cost, row[3], row.title, row[5], row.n, len(row))
say(row._mapping["cost"], row._mapping[Stall].id)
res = s.execute(select(Stall.id, Stall.name, Good.id, Good.name).join(Good).order_by(Good.id))
say(list(res.keys()))
row = res.first()
say(row, row._mapping[Good.id], row._mapping[Stall.name])
sql()
step("shapes")
q = select(Stall.name, Good.name.label("good"), Good.price).join(Good).order_by(Good.id)
say(s.execute(q).columns(1, 0).all())
say(s.execute(q).columns("price").all())
say(s.execute(q).scalars(1).all())
say(s.execute(q).scalars("price").all())
say(s.execute(q).mappings().columns("good").all())
say(s.execute(q).columns(2).scalars().first())
say(s.execute(q).unique(lambda r: r[0]).columns(1).all())
say(s.execute(q).columns(0).unique().all())
say(s.execute(q).scalars(0).unique().all())
say([tuple(r) for r in s.execute(select(Stall, Good.price).join(Good).order_by(Good.id)).columns(1)])
say([(x.name, p) for x, p in s.execute(select(Stall, Good.price).join(Good).order_by(Stall.id, Good.id)).unique(lambda r: r[0].id)])
sql()
step("unique in every shape")
seen = []


def first_letter(row):
    seen.append(len(row))
    return row[0][0]


say(s.scalars(select(Stall.name).order_by(Stall.id)).unique(first_letter).all(), seen)
say(s.execute(select(Stall.name, Stall.id).order_by(Stall.id)).unique(first_letter).scalars().all(), seen)
say([m["name"] for m in s.execute(select(Stall.name).order_by(Stall.id)).mappings().unique(first_letter)])
say([m["Stall"].name for m in s.execute(select(Stall).join(Good).order_by(Stall.id)).unique().mappings()])
say([x.name for x in s.scalars(select(Stall).order_by(Stall.id)).unique(lambda x: x.name[0])])
say([len(part) for part in s.execute(q).partitions(0)])
sql()
step("one and scalar")
error(lambda: s.execute(select(Stall)).one())
error(lambda: s.execute(select(Stall).where(Stall.id == 99)).one())
error(lambda: s.execute(select(Stall)).scalar_one())
error(lambda: s.execute(select(Stall)).scalar_one_or_none())
say(s.execute(select(Stall).where(Stall.id == 99)).scalar_one_or_none(), s.scalar(select(Good.name).order_by(Good.id)))
say(s.execute(select(Good.price).where(Good.id == 4)).scalar_one(), s.execute(select(Good.price).where(Good.id == 4)).first())
refused(lambda: s.execute(q).columns("nothing").all())
refused(lambda: s.execute(q).scalars("nothing").all())
refused(lambda: s.execute(q).columns(9).all())
refused(lambda: s.execute(q).first()._mapping["nothing"])
sql()
step("only outer rows")
outer = select(Stall, Good).outerjoin(Stall.goods).order_by(Stall.id, Good.id)
say([[a.name, b.name if b else "-"] for a, b in s.execute(outer)])
full = select(Bundle("x", Good.id, Good.name), Stall.name).select_from(Stall).outerjoin(Good).order_by(Stall.id, Good.id)
say(s.execute(full).all())
sql()
step("groups and windows")
say(s.execute(select(Bundle("agg", Stall.name, func.count(Good.id).label("n"), func.max(Good.price).label("top")))
              .outerjoin(Good).group_by(Stall.name).having(func.count(Good.id) >= 0).order_by(Stall.name)).all())
ranked = select(Good, func.row_number().over(partition_by=Good.stall_id, order_by=Good.id.desc()).label("rn")).subquery()
rg = aliased(Good, ranked)
say([(x.name, k) for x, k in s.execute(select(rg, ranked.c.rn).where(ranked.c.rn == 1).order_by(rg.id))])
sql()
