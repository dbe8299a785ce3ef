"""group_by, having, distinct, window functions, exists, and column_property over correlated subqueries."""
from parity import *
from sqlalchemy import (Column, ForeignKey, Integer, String, Numeric, between, case, cast, desc, distinct, exists,
    extract, func, literal_column, nulls_last,
                        select, type_coerce, union_all, within_group, over, and_)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, aliased, column_property, declarative_base, relationship, selectinload, undefer, deferred

Base = declarative_base()


class Sale(Base):
    __tablename__ = "sales"
    id = Column(Integer, primary_key=True)
    region = Column(String(10))
    amount = Column(Integer)
    seller_id = Column(ForeignKey("sellers.id"))
    seller = relationship("Seller", back_populates="sales")


class Seller(Base):
    __tablename__ = "sellers"
    id = Column(Integer, primary_key=True)
    first = Column(String(10))
    last = Column(String(10))
    full = column_property(first + " " + last)
    sales = relationship("Sale", back_populates="seller", order_by="Sale.id")
    total = column_property(select(func.coalesce(func.sum(Sale.amount),
        0)).where(Sale.seller_id == id).correlate_except(Sale).scalar_subquery())


Seller.count = column_property(select(func.count(Sale.id)).where(Sale.seller_id == Seller.id).scalar_subquery(),
    deferred=True)

e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([
        Seller(id=1, first="ann", last="lee", sales=[Sale(id=1, region="n", amount=10), Sale(id=2, region="n",
            amount=30), Sale(id=3, region="s", amount=20)]),
        Seller(id=2, first="bob", last="ray", sales=[Sale(id=4, region="s", amount=50), Sale(id=5, region=None,
            amount=5)]),
        Seller(id=3, first="cid", last="fox")])
    s.commit()
forget()
s = Session(e)


def rows(stmt):
    say(s.execute(stmt).all())


step("column_property")
sellers = s.scalars(select(Seller).order_by(Seller.id)).all()
say([[x.full, x.total] for x in sellers])
step("deferred")
say(sellers[0].count)
step("in where and order by")
say([x.first for x in s.scalars(select(Seller).where(Seller.total > 0).order_by(Seller.total.desc()))])
rows(select(Seller.full, Seller.total, Seller.count).order_by(Seller.id))
rows(select(Seller.full.label("who")).where(Seller.full.like("%lee")))
step("of an alias")
twin = aliased(Seller, name="x")
rows(select(twin.full, twin.total).order_by(twin.id))
say([y.count for y in s.scalars(select(twin).options(undefer(twin.count)).order_by(twin.id))])
step("by a loader and after a change")
with Session(e) as t:
    sale = t.get(Sale, 1, options=[selectinload(Sale.seller)])
    say(sale.seller.total)
    sale.amount = 100
    sale.seller.first = "eva"
    t.flush()
    say(sale.seller.total, sale.seller.full)
    t.refresh(sale.seller)
    say(sale.seller.total, sale.seller.full)
    t.rollback()
new = Seller(first="new", last="one")
say(new.full, new.total)
step("group by and having")
rows(select(Sale.region, func.count(), func.sum(Sale.amount), func.min(Sale.amount),
    func.max(Sale.amount)).group_by(Sale.region).order_by(Sale.region.is_(None), Sale.region))
rows(select(Sale.region, func.sum(Sale.amount).label("t")).group_by(Sale.region)
    .having(func.sum(Sale.amount) > 5).order_by(desc("t"), Sale.region))
rows(select(Seller.first, func.count(Sale.id).label("n")).outerjoin(Seller.sales).group_by(Seller.id,
    Seller.first).having(func.count(Sale.id) < 3).order_by("n", Seller.first))
rows(select(Seller.first, func.count(distinct(Sale.region))).join(Seller.sales)
    .group_by(Seller.first).order_by(Seller.first))
rows(select(func.count(Sale.region.distinct()), func.avg(Sale.amount).cast(Integer)))
rows(select(case((Sale.amount > 25, "big"), else_="small").label("size"),
    func.count()).group_by("size").order_by("size"))
rows(select(func.sum(Sale.amount).filter(Sale.region == "n"), func.count().filter(Sale.amount > 10)))
step("distinct")
rows(select(Sale.region).distinct().order_by(Sale.region.is_(None),
    Sale.region) if not is_postgresql else select(Sale.region).distinct().order_by(Sale.region))
say(str(select(Sale.region).distinct(Sale.region).compile(dialect=postgresql.dialect())))
if is_postgresql:
    say([x.id for x in s.scalars(select(Sale).distinct(Sale.seller_id).order_by(Sale.seller_id, Sale.amount.desc()))])
step("window functions")
rank = func.rank().over(partition_by=Sale.seller_id, order_by=Sale.amount.desc())
rows(select(Sale.id, rank.label("r")).order_by(Sale.id))
running = func.sum(Sale.amount).over(order_by=Sale.id, rows=(None, 0))
rows(select(Sale.id, running.label("running")).order_by(Sale.id))
rows(select(Sale.id, func.avg(Sale.amount).over(order_by=Sale.id, rows=(-1, 1)).cast(Integer)).order_by(Sale.id))
rows(select(Sale.id, func.lag(Sale.amount, 1, 0).over(order_by=Sale.id),
    func.ntile(2).over(order_by=Sale.id)).order_by(Sale.id))
rows(select(Sale.id, func.first_value(Sale.amount).over(partition_by=[Sale.seller_id], order_by=[Sale.amount,
    Sale.id])).order_by(Sale.id))
rows(select(Sale.id, func.count().over(order_by=Sale.amount, range_=(None, 0))).order_by(Sale.id))
ranked = select(Sale, rank.label("r")).subquery()
best = aliased(Sale, ranked)
say([[b.id, r] for b, r in s.execute(select(best, ranked.c.r).where(ranked.c.r == 1).order_by(best.id))])
if is_postgresql:
    rows(select(func.percentile_cont(0.5).within_group(Sale.amount)))
    rows(select(func.string_agg(Seller.first, ",").filter(Seller.id > 1)))
step("exists")
rows(select(Seller.first).where(exists().where(Sale.seller_id == Seller.id)
    .where(Sale.region == "s")).order_by(Seller.id))
rows(select(Seller.first, exists().where(Sale.seller_id == Seller.id).label("sold")).order_by(Seller.id))
rows(select(Seller.first).where(~select(Sale.id).where(Sale.seller_id == Seller.id).exists()))
step("aggregates of entities")
say([[x.first, n] for x, n in s.execute(select(Seller, func.count(Sale.id)).outerjoin(Seller.sales)
    .group_by(Seller).order_by(Seller.id))])
rows(select(Seller.first, func.max(Sale.amount).label("m")).join(Sale)
    .group_by(Seller.first).order_by(nulls_last(desc("m"))))
rows(select(func.count()).select_from(select(Sale.region).distinct().subquery()))
rows(select(func.count()).where(between(Sale.amount, 10, 30)))
step("end")
