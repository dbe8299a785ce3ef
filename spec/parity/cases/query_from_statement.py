"""from_statement with text, unions, returning; text columns, identity and options on top of them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, bindparam, delete, func, insert, inspect, select, text, union_all, update
from sqlalchemy.orm import Session, aliased, declarative_base, deferred, relationship, selectinload, load_only, joinedload

Base = declarative_base()


class Shop(Base):
    __tablename__ = "shops"
    id = Column(Integer, primary_key=True)
    name = Column("shop_name", String(30))
    stars = Column(Integer)
    note = deferred(Column(String(30)))
    goods = relationship("Good", back_populates="shop", order_by="Good.id")


class Good(Base):
    __tablename__ = "goods"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    price = Column(Integer)
    shop_id = Column(ForeignKey("shops.id"))
    shop = relationship("Shop", back_populates="goods")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([Shop(id=1, name="ada", stars=3, note="n1", goods=[Good(id=1, name="g1", price=5), Good(id=2,
        name="g2", price=7)]),
               Shop(id=2, name="ben", stars=5, note="n2", goods=[Good(id=3, name="g3", price=9)]), Shop(id=3,
                   name="cy")])
    s.commit()
forget()


def unloaded(o):
    return sorted(inspect(o).unloaded)


step("text by names of columns")
with Session(e) as s:
    shops = s.scalars(select(Shop).from_statement(text("SELECT * FROM shops ORDER BY id"))).all()
    say([[x.name, x.stars, unloaded(x)] for x in shops])
step("text with some of the columns")
with Session(e) as s:
    shops = s.scalars(select(Shop).from_statement(text("SELECT id, shop_name FROM shops WHERE stars > :min ORDER BY id")), {"min": 2}).all()
    say([unloaded(x) for x in shops])
    say([x.stars for x in shops])
step("text with other names")
with Session(e) as s:
    t = text("SELECT id AS i, shop_name AS n, stars AS st FROM shops WHERE id < :max ORDER BY id DESC").columns(Shop.id, Shop.name, Shop.stars)
    say([[x.name, x.stars] for x in s.scalars(select(Shop).from_statement(t), {"max": 3})])
    t = t.bindparams(max=2)
    say([x.name for x in s.scalars(select(Shop).from_statement(t))])
step("two entities")
with Session(e) as s:
    t = text("SELECT s.id, s.shop_name, s.stars, g.id AS gid, g.name, g.price, g.shop_id FROM shops s JOIN goods g ON g.shop_id = s.id ORDER BY g.id"
             ).columns(Shop.id, Shop.name, Shop.stars, Good.id, Good.name, Good.price, Good.shop_id)
    say([[x.name, g.name, g.price] for x, g in s.execute(select(Shop, Good).from_statement(t))])
step("columns and a computed one")
with Session(e) as s:
    t = text("SELECT shop_id, sum(price) AS total FROM goods GROUP BY shop_id ORDER BY shop_id").columns(shop_id=Integer, total=Integer)
    say(s.execute(t).all())
    say([[r.shop_id, r.total] for r in s.execute(t)])
    sub = t.subquery("totals")
    say(s.execute(select(Shop.name, sub.c.total).join(sub, sub.c.shop_id == Shop.id).order_by(Shop.id)).all())
step("a textual subquery as an entity")
with Session(e) as s:
    sub = text("SELECT id, shop_name, stars, note FROM shops WHERE stars IS NOT NULL").columns(Shop.id, Shop.name,
        Shop.stars, Shop.note).subquery("st")
    st = aliased(Shop, sub)
    say([x.name for x in s.scalars(select(st).order_by(st.id))])
step("loaders on top")
with Session(e) as s:
    stmt = select(Shop).from_statement(text("SELECT * FROM shops ORDER BY id")).options(selectinload(Shop.goods))
    say([[x.name, [g.name for g in x.goods]] for x in s.scalars(stmt)])
with Session(e) as s:
    stmt = select(Shop).options(selectinload(Shop.goods)
        .load_only(Good.name)).from_statement(text("SELECT * FROM shops WHERE id = 1"))
    say([[g.name for g in x.goods] for x in s.scalars(stmt)])
step("unions")
with Session(e) as s:
    u = union_all(select(Shop).where(Shop.stars == 5), select(Shop).where(Shop.id == 1)).order_by(Shop.id)
    say([x.name for x in s.scalars(select(Shop).from_statement(u))])
    a, b = select(Good).where(Good.price > 6), select(Good).where(Good.price < 9)
    say([g.name for g in s.scalars(select(Good).from_statement(a.union(b).order_by("price")))])
    say([g.name for g in s.scalars(select(Good).from_statement(a.intersect(b)))])
    say(s.execute(a.union_all(b).order_by("id")).all())
step("identity")
with Session(e) as s:
    ada = s.get(Shop, 1)
    ada.stars = 1
    with s.no_autoflush:
        again = s.scalars(select(Shop).from_statement(text("SELECT * FROM shops WHERE id = 1"))).one()
        say(again is ada, again.stars)
        again = s.scalars(select(Shop).from_statement(text("SELECT * FROM shops WHERE id = 1"))
            .execution_options(populate_existing=True)).one()
        say(again is ada, again.stars)
step("autoflush")
with Session(e) as s:
    s.get(Shop, 1).stars = 8
    say(s.scalars(select(Shop).from_statement(text("SELECT * FROM shops WHERE stars = 8"))).one().name)
step("insert, update and delete with returning")
with Session(e) as s:
    new = s.scalars(insert(Shop).returning(Shop), [{"id": 10, "name": "dot", "stars": 2}]).one()
    say(new.name, new in s, unloaded(new))
    stmt = select(Shop).from_statement(update(Shop).where(Shop.id < 3).values(stars=Shop.stars + 1)
        .returning(Shop)).execution_options(populate_existing=True)
    say(sorted([x.name, x.stars] for x in s.scalars(stmt)))
    say(s.scalars(delete(Good).where(Good.id == 3).returning(Good.name)).all())
    s.rollback()
step("the legacy query")
with Session(e) as s:
    say([x.name for x in s.query(Shop).from_statement(text("SELECT * FROM shops WHERE stars > :n ORDER BY id"))
        .params(n=3)])
    say(s.query(Shop).from_statement(text("SELECT * FROM shops ORDER BY id DESC")).first().name)
    say([[x, n] for x, n in s.query(Shop.name,
        Shop.id).from_statement(text("SELECT shop_name, id FROM shops ORDER BY id"))])
step("wrong")
with Session(e) as s:
    error(lambda: s.scalars(select(Shop).from_statement(text("SELECT shop_name FROM shops"))).all())
    error(lambda: s.scalars(text("SELECT id FROM shops WHERE id = :x")).all())
step("end")
