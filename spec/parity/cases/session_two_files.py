"""One session over two SQLite files: binds by class, loads and unit of work over both, Core statements, failures."""
import os
import tempfile

from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, func, insert, select, text, update
from sqlalchemy.orm import (Session, aliased, declarative_base, joinedload, relationship, selectinload, sessionmaker,
                            subqueryload)

Base = declarative_base()


class Shop(Base):
    __tablename__ = "shop"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    sales = relationship("Sale", primaryjoin="Shop.id == foreign(Sale.shop_id)", back_populates="shop", order_by="Sale.id")


class Archive(Base):
    __abstract__ = True


class Sale(Archive):
    __tablename__ = "sale"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)
    shop_id = Column(Integer)
    shop = relationship(Shop, primaryjoin="foreign(Sale.shop_id) == Shop.id", back_populates="sales")
    lines = relationship("Line", order_by="Line.id", cascade="all, delete-orphan")


class Line(Archive):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    what = Column(String(20))
    sale_id = Column(ForeignKey("sale.id"))


folder = tempfile.mkdtemp()
files = [os.path.join(folder, name) for name in ("now.db", "old.db")]
now, old = (engine("sqlite:///" + name) for name in files)
Shop.__table__.create(now)
Base.metadata.create_all(old, tables=[Sale.__table__, Line.__table__])
names, hooks = {now: "now", old: "old"}, []
for e in (now, old):
    for hook in ("begin", "commit", "rollback"):
        event.listen(e, hook, lambda conn, hook=hook: hooks.append("%s %s" % (hook, names[conn.engine])))


def chapter(title):
    """Two databases commit in no particular order."""
    say("  *", sorted(hooks))
    hooks.clear()
    step(title)


factory = sessionmaker(binds={Shop: now, Archive: old})
forget()

chapter("one flush, two databases")
s = factory()
s.add(Shop(id=1, name="corner", sales=[Sale(id=1, amount=5, lines=[Line(id=1, what="tea")]), Sale(id=2, amount=8)]))
s.add(Shop(id=2, name="market"))
s.flush()
sql()
say(sorted(names[x.engine] for x in (s.connection(bind_arguments={"mapper": Shop}), s.connection(bind_arguments={"mapper": Line}))))
s.commit()
chapter("loads across")
for load in (selectinload, subqueryload):
    s.expunge_all()
    error(lambda: say([[x.name, [y.amount for y in x.sales]] for x in s.scalars(select(Shop).options(load(Shop.sales)).order_by(Shop.id))]))
error(lambda: s.scalars(select(Shop).options(joinedload(Shop.sales))).unique().all())
error(lambda: s.execute(select(Shop.name, Sale.amount).join(Shop.sales)).all())
s.expunge_all()
sale = s.get(Sale, 1)
say(sale.shop.name, [x.what for x in sale.lines], len(sale.shop.sales))
say(s.scalars(select(Sale).options(selectinload(Sale.shop), joinedload(Sale.lines)).order_by(Sale.id)).unique().all()[1].shop.name)
chapter("which bind")
for what in (select(Shop), select(Sale.amount), select(func.count(Line.id)), select(func.count()).select_from(Line), insert(Shop),
             update(Sale).values(amount=1), delete(Line), Sale.__table__.select(), select(aliased(Sale))):
    error(lambda: say(names[s.get_bind(clause=what)]))
error(lambda: s.get_bind())
error(lambda: s.execute(text("select 1")))
error(lambda: s.execute(select(func.now())))
say(s.execute(text("select count(*) from sale"), bind_arguments={"mapper": Sale}).scalar())
say(s.query(func.sum(Sale.amount)).scalar(), s.query(Shop).count())
s.rollback()
chapter("statements with values")
s.execute(insert(Sale), [{"id": 3, "amount": 1, "shop_id": 2}, {"id": 4, "amount": 2, "shop_id": 2}])
say(s.execute(update(Sale).where(Sale.shop_id == 2).values(amount=Sale.amount * 10)).rowcount)
s.bulk_insert_mappings(Shop, [{"id": 3, "name": "kiosk"}])
s.execute(delete(Shop).where(Shop.id == 3))
s.commit()
chapter("moving between owners")
sale = s.get(Sale, 3)
sale.shop = s.get(Shop, 1)
s.commit()
say([x.id for x in s.get(Shop, 1).sales])
chapter("a failure on the second")
s.add_all([Shop(id=7, name="new"), Sale(id=1, amount=0)])
error(s.flush)
s.rollback()
say(s.get(Shop, 7), s.get(Sale, 1).amount)
s.close()
chapter("savepoints over both")
with factory.begin() as s:
    shop = s.get(Shop, 1)
    nested = s.begin_nested()
    shop.name = "renamed"
    s.add(Line(id=9, what="x", sale_id=1))
    s.flush()
    nested.rollback()
    say(shop.name, s.get(Line, 9))
chapter("one connection for all")
with now.connect() as conn:
    s = Session(bind=conn)
    say(s.get_bind(Sale) is conn, s.scalar(select(func.count(Shop.id))))
    error(lambda: s.scalar(select(func.count(Sale.id))))
    s.close()
chapter("end")
for e in (now, old):
    e.dispose()
for name in files:
    os.remove(name)
os.rmdir(folder)
