"""Tables of values, functions as tables, windows over joins, LATERAL and the text of each for PostgreSQL."""
from parity import *
from sqlalchemy import (Column, Date, DateTime, ForeignKey, Integer, Numeric, String, column, func, lateral, literal,
    literal_column, select, text, true,
                        values, tablesample, table, within_group, cast)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, aliased, declarative_base, relationship

Base = declarative_base()


class Region(Base):
    __tablename__ = "regions"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    sales = relationship("Sale", back_populates="region", order_by="Sale.id")


class Sale(Base):
    __tablename__ = "sales"
    id = Column(Integer, primary_key=True)
    day = Column(Integer)
    amount = Column(Integer)
    region_id = Column(ForeignKey("regions.id"))
    region = relationship("Region", back_populates="sales")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Region(id=1, name="north", sales=[Sale(id=1, day=1, amount=10), Sale(id=2, day=2, amount=30),
        Sale(id=3, day=3, amount=20)]),
               Region(id=2, name="south", sales=[Sale(id=4, day=1, amount=7), Sale(id=5, day=3,
                   amount=9)]), Region(id=3, name="void")])
    s.commit()
forget()
s = Session(e)


def rows(stmt):
    say(s.execute(stmt).all())


def show(stmt):
    say(str(stmt.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})))


step("windows over joins")
place = func.row_number().over(partition_by=Region.id, order_by=Sale.amount.desc()).label("place")
ranked = select(Region.name, Sale.amount, place).join(Region.sales).subquery("ranked")
rows(select(ranked.c.name, ranked.c.amount).where(ranked.c.place == 1).order_by(ranked.c.name))
share = (Sale.amount * 100 / func.sum(Sale.amount).over(partition_by=Sale.region_id)).label("share")
say(str(select(Sale.id, share).order_by(Sale.id)))
rows(select(Sale.id, func.sum(Sale.amount).over(partition_by=Sale.region_id, order_by=Sale.day),
    func.lead(Sale.amount).over(order_by=Sale.id)).order_by(Sale.id))
rows(select(Sale.id, func.dense_rank().over(order_by=[Sale.day, Sale.region_id.desc()]),
    func.last_value(Sale.id).over(order_by=Sale.id, rows=(0, 1))).order_by(Sale.id))
rows(select(Sale.region_id, func.count().over(), func.max(func.sum(Sale.amount)).over()).group_by(Sale.region_id)
    .order_by(Sale.region_id))
rows(select(Sale.id, func.sum(Sale.amount).filter(Sale.day > 1).over(partition_by=Sale.region_id)).order_by(Sale.id))
step("entities with windows")
moving = func.avg(Sale.amount).over(partition_by=Sale.region_id, order_by=Sale.day, rows=(-1, 0))
say([[x.id, x.region.name] for x in s.scalars(select(Sale).order_by(moving.desc(), Sale.id))])
latest = select(Sale, func.max(Sale.day).over(partition_by=Sale.region_id).label("last_day")).subquery()
last = aliased(Sale, latest)
say([x.id for x in s.scalars(select(last).where(last.day == latest.c.last_day).order_by(last.id))])
step("texts")
show(select(Sale.id, func.ntile(4).over(order_by=Sale.id, range_=(None, 5))))
show(select(func.count().over(groups=(-2, 2), order_by=Sale.id)))
show(select(func.percentile_cont(0.25).within_group(Sale.amount.desc()).over(partition_by=Sale.region_id)))
show(select(func.mode().within_group(Sale.amount), func.array_agg(Sale.id).filter(Sale.id > 1)))
show(select(Sale).distinct(Sale.region_id, Sale.day).order_by(Sale.region_id, Sale.day, Sale.amount.desc()))
show(select(Sale).with_for_update(of=Sale, skip_locked=True, key_share=True))
show(select(func.generate_series(1, 3).table_valued("n")))
show(select(func.json_each(text("'{}'")).table_valued("key", "value", name="kv")))
show(select(func.unnest(literal_column("ARRAY[1,2]")).column_valued("u")))
show(select(func.generate_series(1, 2).table_valued("n", with_ordinality="o", name="g").render_derived()))
show(select(aliased(Sale, tablesample(Sale.__table__, func.bernoulli(10), name="smp", seed=func.random()))))
step("values")
data = values(column("rid", Integer), column("bonus", Integer), name="data").data([(1, 5), (2, 6)])
show(select(Region.name, data.c.bonus).join(data, data.c.rid == Region.id))
show(select(data))
if is_postgresql:
    rows(select(Region.name, data.c.bonus).join(data, data.c.rid == Region.id).order_by(Region.id))
step("lateral")
top = select(Sale.id, Sale.amount).where(Sale.region_id == Region.id).order_by(Sale.amount.desc()).limit(2).lateral("top")
show(select(Region.name, top.c.amount).join(top, true()))
show(select(Region.name, top.c.amount).outerjoin(top, true()).order_by(Region.id))
topsale = aliased(Sale, select(Sale).where(Sale.region_id == Region.id)
    .order_by(Sale.amount.desc()).limit(1).lateral("best"))
show(select(Region, topsale).join(topsale, true()))
if is_postgresql:
    rows(select(Region.name, top.c.amount).outerjoin(top, true()).order_by(Region.id, top.c.amount))
    say([[r.name, x.amount] for r, x in s.execute(select(Region, topsale).join(topsale, true()).order_by(Region.id))])
    n = func.generate_series(1, 3).table_valued("n", name="series").render_derived()
    rows(select(n.c.n).where(n.c.n > 1).order_by(n.c.n))
    rows(select(n.c.n, func.count(Sale.id)).outerjoin(Sale, Sale.day == n.c.n).group_by(n.c.n).order_by(n.c.n))
    rows(select(func.sum(Sale.amount), Sale.day).group_by(func.rollup(Sale.day)).order_by(Sale.day))
step("cte with dml texts")
gone = Sale.__table__.delete().where(Sale.day == 1).returning(Sale.id).cte("gone")
show(select(func.count()).select_from(gone))
show(select(Sale).where(Sale.id.in_(select(gone.c.id))))
base = select(literal(1).label("n")).cte("nums", recursive=True)
nums = base.union_all(select(base.c.n + 1).where(base.c.n < 4))
rows(select(nums.c.n).order_by(nums.c.n))
rows(select(nums.c.n, func.coalesce(func.sum(Sale.amount), 0)).outerjoin(Sale,
    Sale.day == nums.c.n).group_by(nums.c.n).order_by(nums.c.n))
step("end")
