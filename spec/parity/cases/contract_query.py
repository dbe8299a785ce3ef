"""The legacy query: filters, joins, order, slices, counting, update and delete, unions, from_statement, errors."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, desc, exists, func, literal, or_, select, text
from sqlalchemy.orm import (Query, Session, aliased, contains_eager, declarative_base, joinedload, load_only,
                            relationship, selectinload)

Base = declarative_base()


class Shop(Base):
    __tablename__ = "shops"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    town = Column(String(20))
    sales = relationship("Sale", back_populates="shop", order_by="Sale.id", cascade="all, delete-orphan")


class Sale(Base):
    __tablename__ = "sales"
    id = Column(Integer, primary_key=True)
    item = Column(String(20))
    price = Column(Integer)
    shop_id = Column(ForeignKey("shops.id"))
    shop = relationship(Shop, back_populates="sales")


e = engine()
Base.metadata.create_all(e)
s = Session(e)
s.add_all([Shop(name="north", town="oslo", sales=[Sale(item="tea", price=3), Sale(item="cup", price=8)]),
           Shop(name="south", town="rome", sales=[Sale(item="tea", price=4)]), Shop(name="west", town="oslo")])
s.commit()
forget()
q = s.query(Shop)


def names(query):
    say([x.name for x in query])


step("filters")
say(str(q), str(s.query(Shop.name).filter_by(town="oslo").statement))
names(q.filter(Shop.town == "oslo", Shop.id > 1))
names(q.filter_by(town="oslo").order_by(Shop.name.desc()))
names(q.filter(or_(Shop.name == "west", Shop.town.like("r%"))).order_by(Shop.id))
names(q.where(Shop.id.in_([1, 3])).order_by(desc(Shop.id)))
names(q.order_by(Shop.id)[1:3])
say(q.order_by(Shop.id)[0].name, [x.name for x in q.order_by(Shop.id).limit(1).offset(2)])
names(q.order_by(Shop.id).slice(0, 2))
step("one of them")
say(q.get(2).name, q.get(77), q.filter_by(id=3).one().name, q.filter_by(id=9).one_or_none(),
    q.order_by(Shop.id).first().name)
error(lambda: q.one())
error(lambda: q.filter_by(id=9).one())
error(lambda: q.one_or_none())
say(s.query(Shop.name).filter_by(id=1).scalar(), s.query(Shop.id).filter_by(id=9).scalar())
error(lambda: s.query(Shop.id).scalar())
say(q.count(), q.filter_by(town="oslo").count(), s.query(q.filter_by(town="bonn").exists()).scalar(),
    s.query(Sale.item).distinct().count())
step("columns and aggregates")
say(s.query(Shop.town, func.count(Shop.id).label("n")).group_by(Shop.town).order_by(Shop.town).all())
say(s.query(Shop.town).group_by(Shop.town).having(func.count() > 1).all())
say(s.query(func.sum(Sale.price), func.max(Sale.item)).one(),
    [r.item for r in s.query(Sale.item).distinct().order_by(Sale.item)])
say(s.query(Shop).with_entities(Shop.id, Shop.name).order_by(Shop.id).all(),
    s.query(Shop.id).add_columns(Shop.town).order_by(Shop.id).first())
say(s.query(Shop.id).order_by(Shop.id).add_entity(Sale).filter(Sale.shop_id == Shop.id).order_by(Sale.id).all()[2][1].item)
step("joins")
say(s.query(Shop.name, Sale.item).join(Shop.sales).filter(Sale.price > 3).order_by(Sale.id).all())
say(s.query(Shop.name, Sale.item).join(Sale).order_by(Sale.id).all())
say(s.query(Shop.name, Sale.item).join(Sale,
    Sale.shop_id == Shop.id).filter(Sale.item == "tea").order_by(Sale.id).all())
say(s.query(Shop.name, func.count(Sale.id)).outerjoin(Shop.sales).group_by(Shop.name).order_by(Shop.name).all())
x, y = aliased(Sale), aliased(Sale)
say(s.query(Shop.name).join(x, Shop.sales).join(y, Shop.sales).filter(x.item == "tea", y.item == "cup").all())
say(s.query(Sale.item).select_from(Shop).join(Shop.sales).filter_by(price=8).all(),
    s.query(Shop.name).join(Shop.sales, isouter=True).filter(Sale.id == None).all())
say(s.query(Sale).filter(Sale.shop.has(name="south")).one().item,
    s.query(Shop).filter(Shop.sales.any(price=8)).one().name)
error(lambda: s.query(Shop).join(func.now()).all())
step("options")
s.expunge_all()
found = q.options(selectinload(Shop.sales)).order_by(Shop.id).all()
sql()
say([len(f.sales) for f in found])
s.expunge_all()
found = q.options(joinedload(Shop.sales)).order_by(Shop.id).limit(2).all()
sql()
say([len(f.sales) for f in found])
s.expunge_all()
say([[i.item for i in f.sales] for f in q.join(Shop.sales).options(contains_eager(Shop.sales)).filter(Sale.item == "tea").order_by(Shop.id)])
s.expunge_all()
say(sorted(sa.inspect(q.options(load_only(Shop.name)).first()).unloaded))
s.expunge_all()
step("subqueries and unions")
sub = s.query(Sale.shop_id, func.count(Sale.id).label("n")).group_by(Sale.shop_id).subquery()
say(s.query(Shop.name, sub.c.n).outerjoin(sub, sub.c.shop_id == Shop.id).order_by(Shop.id).all())
names(q.filter(Shop.id.in_(s.query(Sale.shop_id).filter(Sale.price > 3))).order_by(Shop.id))
big = s.query(Shop).filter(Shop.id > 1)
names(big.union(q.filter(Shop.town == "oslo")).order_by(Shop.id))
names(big.union_all(q.filter(Shop.id == 1)).order_by(Shop.name))
names(big.intersect(q.filter(Shop.town == "oslo")))
names(big.except_(q.filter(Shop.town == "oslo")))
say(s.query(Shop.name, q.with_entities(func.max(Shop.id)).scalar_subquery().label("m")).order_by(Shop.id).first())
cte = s.query(Shop.id, Shop.name).filter(Shop.town == "oslo").cte("c")
say(s.query(cte.c.name).order_by(cte.c.id).all(), s.query(s.query(Shop).filter_by(id=1).exists(), literal(True)).all())
lo = aliased(Shop, q.filter(Shop.town == "oslo").subquery())
names(s.query(lo).order_by(lo.id))
step("statements")
say([x.name for x in q.from_statement(text("select * from shops where id = :i")).params(i=2)])
names(q.from_statement(select(Shop).where(Shop.id == 3)))
say([x.name for x in q.filter(text("town = :t")).params(t="rome")], s.scalars(q.filter_by(id=1).statement).one().name)
names(q.filter(Shop.id == 1).execution_options(populate_existing=True).populate_existing())
names(q.filter_by(id=1).with_for_update())
names(q.filter(Shop.id == 3).enable_eagerloads(False).autoflush(False).yield_per(1))
names(q.filter_by(id=2).order_by(None))
step("update and delete")
held = q.get(1)
say(q.filter(Shop.town == "oslo").update({"town": "bergen"}, synchronize_session="fetch"), held.town)
say(q.filter(Shop.id == 1).update({Shop.town: Shop.town + "!"}, synchronize_session="evaluate"), held.town)
say(q.filter(Shop.id == 1).update({Shop.name: "N"}, synchronize_session=False), held.name)
west = q.get(3)
say(q.filter(Shop.id == 3).delete(), west in s)
say(s.query(Sale).filter(Sale.price < 4).delete(synchronize_session=False), s.query(Sale).count())
s.rollback()
error(lambda: q.limit(1).update({"town": "x"}))
error(lambda: q.order_by(Shop.id).delete())
error(lambda: q.filter_by(twon="x"))
error(lambda: q.limit(1).filter(Shop.id == 1))
error(lambda: q.get((1, 2)))
error(lambda: q.filter(Shop.id == 1).get(1))
say([d["name"] for d in s.query(Shop, Sale.item.label("i")).column_descriptions], q.whereclause, q.is_single_entity)
loose = Query([Shop])
say(loose.with_session(s).filter_by(id=1).one().name)
sql()
