# Sales by day: window functions, filtered aggregates, ctes, updates and deletes that follow from queries.
from parity import *
from sqlalchemy import (Column, Integer, String, Date, ForeignKey, select, func, update, delete, insert, and_, cast,
                        extract, between, nulls_last)
from sqlalchemy.orm import declarative_base, relationship, Session, aliased

Base = declarative_base()
D = datetime.date


class Shop(Base):
    __tablename__ = "shop"
    id = Column(Integer, primary_key=True)
    town = Column(String(20))
    sales = relationship("Sale", back_populates="shop")


class Sale(Base):
    __tablename__ = "sale"
    id = Column(Integer, primary_key=True)
    shop_id = Column(ForeignKey("shop.id"))
    day = Column(Date)
    amount = Column(Integer)
    note = Column(String(20))
    shop = relationship("Shop", back_populates="sales")


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
s.add_all([Shop(id=1, town="Oslo"), Shop(id=2, town="Bern"), Shop(id=3, town="Rome")])
for shop, day, amount in [(1, 1, 10), (1, 2, 30), (1, 4, 20), (2, 1, 5), (2, 3, 50), (2, 3, 7)]:
    s.add(Sale(shop_id=shop, day=D(2024, 5, day), amount=amount))
s.commit()
forget()
step("running totals")
total = func.sum(Sale.amount).over(partition_by=Sale.shop_id, order_by=Sale.id).label("running")
say(s.execute(select(Sale.id, total).order_by(Sale.id)).all())
step("ranks and neighbours")
rank = func.row_number().over(partition_by=Sale.shop_id, order_by=(Sale.amount.desc(), Sale.id)).label("rank")
ranked = select(Sale, rank).subquery("ranked")
Top = aliased(Sale, ranked)
say([(t.id, t.amount, t.day) for t in s.scalars(select(Top).where(ranked.c.rank == 1).order_by(Top.id))])
lag = func.lag(Sale.amount, 1, 0).over(order_by=Sale.id)
say(s.execute(select(Sale.id, (Sale.amount - lag).label("d")).order_by(Sale.id).limit(3)).all())
frame = func.avg(Sale.amount).over(order_by=Sale.id, rows=(-1, 1))
say([int(x) for x in s.scalars(select(cast(frame, Integer)).order_by(Sale.id))])
step("filtered aggregates")
q = select(Shop.town, func.count(Sale.id).filter(Sale.amount > 9).label("big"),
           func.coalesce(func.sum(Sale.amount).filter(Sale.day < D(2024, 5, 3)), 0).label("early"))
say(s.execute(q.outerjoin(Shop.sales).group_by(Shop.town).order_by(Shop.town)).mappings().all())
step("two ctes")
daily = select(Sale.day, func.sum(Sale.amount).label("sum")).group_by(Sale.day).cte("daily")
peak = select(func.max(daily.c.sum).label("top")).cte("peak")
say(s.execute(select(daily.c.day, daily.c["sum"]).join(peak, daily.c["sum"] == peak.c.top)).all())
step("dates")
say(s.scalars(select(Sale.id).where(between(Sale.day, D(2024, 5, 2), D(2024, 5, 3))).order_by(Sale.id)).all())
say([int(x) for x in s.scalars(select(extract("day", Sale.day)).where(Sale.shop_id == 2).order_by(Sale.id))])
say(s.scalars(select(Sale.day).distinct().order_by(Sale.day.desc()).limit(2).offset(1)).all())
step("update by a query")
poor = select(Shop.id).where(~Shop.sales.any())
rome = s.get(Shop, 3)
r = s.execute(update(Shop).where(Shop.id.in_(poor)).values(town=Shop.town + "!").execution_options(
    synchronize_session="fetch"))
say(r.rowcount, rome.town)
sale = s.get(Sale, 6)
r = s.execute(update(Sale).where(Sale.amount < 8).values(amount=Sale.amount * 2, note="doubled"))
say(r.rowcount, sale.amount, sale.note)
q = update(Sale).where(and_(Sale.shop_id == Shop.id, Shop.town == "Oslo")).values(note=Shop.town).execution_options(
    synchronize_session=False)
say(s.execute(q).rowcount)
say(s.execute(select(Sale.id, Sale.note).order_by(Sale.id)).all())
step("delete by a query")
ids = s.scalars(delete(Sale).where(Sale.shop_id == 2, Sale.amount < 20).returning(Sale.id)).all()
say(sorted(ids), sale in s, sa.inspect(sale).deleted)
step("insert from a query")
s.execute(insert(Sale).from_select(["shop_id", "day", "amount"],
          select(Shop.id, func.max(Sale.day), func.sum(Sale.amount)).join(Shop.sales).group_by(Shop.id)))
say(s.execute(select(Sale.shop_id, Sale.amount).where(Sale.note.is_(None)).order_by(Sale.shop_id, Sale.amount)).all())
step("ordering of nulls")
say(s.execute(select(Sale.note, Sale.amount).order_by(nulls_last(Sale.note), Sale.amount.desc())).all())
step("rolled back")
s.rollback()
say(s.scalar(select(func.count(Sale.id))), rome.town, sale.amount, sale.note, sale in s)
step("end")
s.close()
