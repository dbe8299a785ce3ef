"""raise and raise_on_sql, as mapped and as options: identity map, flush, backrefs, cascades, columns, wildcards."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import (Load, Session, contains_eager, declarative_base, deferred, defer, joinedload, lazyload,
                            load_only, raiseload, relationship, selectinload)

Base = declarative_base()


class Shop(Base):
    __tablename__ = "shops"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    secret = deferred(Column(String(30)), raiseload=True)
    sales = relationship("Sale", back_populates="shop", lazy="raise", order_by="Sale.id", cascade="all, delete-orphan")


class Sale(Base):
    __tablename__ = "sales"
    id = Column(Integer, primary_key=True)
    what = Column(String(30))
    shop_id = Column(ForeignKey("shops.id"))
    client_id = Column(ForeignKey("clients.id"))
    shop = relationship(Shop, back_populates="sales", lazy="raise_on_sql")
    client = relationship("Client", back_populates="sales", lazy="raise")


class Client(Base):
    __tablename__ = "clients"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    sales = relationship(Sale, back_populates="client", order_by=Sale.id)


e = engine()
Base.metadata.create_all(e)
step("flush of new objects")
with Session(e) as s:
    ann = Client(id=1, name="ann")
    s.add_all([Shop(id=1, name="s1", secret="x", sales=[Sale(id=1, what="a", client=ann), Sale(id=2, what="b")]),
               Shop(id=2, name="s2")])
    say(len(ann.sales))
    s.commit()
step("touching")
with Session(e) as s:
    shop = s.get(Shop, 1)
    error(lambda: shop.sales)
    error(lambda: shop.secret)
    sale = s.get(Sale, 1)
    say(sale.shop.name)
    error(lambda: sale.client)
    s.get(Client, 1)
    error(lambda: sale.client)
    say(sorted(inspect(sale).unloaded))
step("not in the session")
with Session(e) as s:
    sale = s.get(Sale, 1)
    error(lambda: sale.shop)
    say(s.get(Sale, 2).client_id)
    error(lambda: s.get(Sale, 2).client)
step("options bring them")
with Session(e) as s:
    stmt = select(Shop).options(selectinload(Shop.sales).joinedload(Sale.client)).order_by(Shop.id)
    for shop in s.scalars(stmt):
        say(shop.name, [[x.what, x.client and x.client.name] for x in shop.sales])
with Session(e) as s:
    stmt = select(Shop).options(lazyload(Shop.sales)).where(Shop.id == 1)
    say([x.what for x in s.scalars(stmt).one().sales])
step("writing without reading")
with Session(e) as s:
    shop = s.get(Shop, 2)
    sale = Sale(id=5, what="e", shop=shop)
    s.add(sale)
    s.flush()
    say(sale.shop_id, "sales" in inspect(shop).unloaded)
    error(lambda: shop.sales)
    sale.shop = s.get(Shop, 1)
    s.flush()
    say(sale.shop_id)
    error(lambda: setattr(shop, "sales", []))
    s.rollback()
step("deleting")
with Session(e) as s:
    shop = s.get(Shop, 1)
    error(lambda: (s.delete(shop), s.flush()))
    s.rollback()
    shop = s.scalars(select(Shop).where(Shop.id == 1).options(selectinload(Shop.sales))).one()
    s.delete(shop)
    s.flush()
    say(s.scalars(select(Sale.id)).all())
    s.rollback()
step("wildcards")
with Session(e) as s:
    client = s.scalars(select(Client).options(raiseload("*"))).one()
    error(lambda: client.sales)
with Session(e) as s:
    client = s.scalars(select(Client).options(selectinload(Client.sales), raiseload("*"))).one()
    error(lambda: client.sales[0].shop)
    say(client.sales[0].what)
with Session(e) as s:
    client = s.scalars(select(Client).options(selectinload(Client.sales).raiseload("*"))).one()
    error(lambda: client.sales[0].shop)
with Session(e) as s:
    client = s.scalars(select(Client).options(Load(Client).raiseload("*", sql_only=True))).one()
    error(lambda: client.sales)
step("sql_only and the identity map")
with Session(e) as s:
    s.get(Client, 1)
    for only in (False, True):
        sale = s.scalars(select(Sale).where(Sale.id == 1).options(raiseload(Sale.client, sql_only=only))
                         .execution_options(populate_existing=True)).one()
        error(lambda: say(sale.client.name))
step("columns")
with Session(e) as s:
    shop = s.scalars(select(Shop).where(Shop.id == 1).options(defer(Shop.name, raiseload=True))).one()
    error(lambda: shop.name)
    s.refresh(shop, ["name"])
    say(shop.name)
with Session(e) as s:
    shop = s.scalars(select(Shop).where(Shop.id == 1).options(load_only(Shop.id, raiseload=True))).one()
    error(lambda: shop.name)
    shop.name = "new"
    s.flush()
    say(shop.name)
    s.expire(shop)
    error(lambda: say(shop.name))
    s.rollback()
step("expired and refreshed")
with Session(e) as s:
    shop = s.scalars(select(Shop).where(Shop.id == 1).options(selectinload(Shop.sales))).one()
    say(len(shop.sales))
    s.expire(shop)
    say(shop.name)
    error(lambda: say(len(shop.sales)))
    s.refresh(shop, ["sales"])
    say(len(shop.sales))
step("detached")
with Session(e) as s:
    sale = s.get(Sale, 1)
error(lambda: sale.shop)
error(lambda: sale.client)
transient = Sale()
say(transient.shop, transient.client, len(Shop().sales))
step("merge")
with Session(e) as s:
    merged = s.merge(Sale(id=1, what="merged", client_id=1))
    say(merged.what, merged.shop_id)
    s.rollback()
    error(lambda: s.merge(Shop(id=1, name="m", sales=[])))
    s.rollback()
step("end")
