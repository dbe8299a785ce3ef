"""Upserts through the session: rows, objects, populate_existing and excluded, on both databases."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, UniqueConstraint, func, inspect, select
from sqlalchemy.orm import Session, aliased, declarative_base, relationship, selectinload

if is_postgresql:
    from sqlalchemy.dialects.postgresql import insert
else:
    from sqlalchemy.dialects.sqlite import insert

Base = declarative_base()


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("shop", "sku", name="uq_product"),)
    id = Column(Integer, primary_key=True)
    shop = Column(Integer, nullable=False)
    sku = Column(String(20), nullable=False)
    title = Column("product_title", String(50))
    stock = Column(Integer, default=0, onupdate=42)
    tags = relationship("Tag", order_by="Tag.id", cascade="all")


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    product_id = Column(ForeignKey("product.id"))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
session.add(Product(shop=1, sku="a", title="old a", stock=3, tags=[Tag(word="t")]))
session.add(Product(shop=1, sku="b", title="old b", stock=4))
session.commit()
a = session.scalars(select(Product).where(Product.sku == "a")).one()
say(a.title, a.stock)


def all_rows():
    q = select(Product.sku, Product.title, Product.stock).order_by(Product.shop, Product.sku)
    return session.execute(q).all()


step("do update, into objects")
stmt = insert(Product).values(
    [{"shop": 1, "sku": "a", "title": "new a", "stock": 10}, {"shop": 1, "sku": "c", "title": "new c", "stock": 20}]
)
stmt = stmt.on_conflict_do_update(
    index_elements=[Product.shop, Product.sku], set_=dict(product_title=stmt.excluded.product_title)
).returning(Product)
got = session.scalars(stmt).all()
say(sorted((p.sku, p.title, p.stock) for p in got), a in got, a.title)
step("populate_existing")
got = session.scalars(stmt, execution_options={"populate_existing": True}).all()
say(sorted((p.sku, p.title, p.stock) for p in got), a.title)
say(all_rows())

step("as the source of a select")
from_stmt = select(Product).from_statement(stmt).options(selectinload(Product.tags)).execution_options(populate_existing=True)
for p in sorted(session.scalars(from_stmt).all(), key=lambda p: p.sku):
    say(p.sku, [t.word for t in p.tags])

step("do nothing")
stmt = insert(Product).on_conflict_do_nothing(constraint="uq_product") if is_postgresql else insert(Product).on_conflict_do_nothing()
r = session.execute(stmt.values(shop=1, sku="a", title="ignored"))
say(r.rowcount)
say(session.scalars(stmt.values(shop=1, sku="a").returning(Product.id)).all())
say(len(session.scalars(stmt.values(shop=2, sku="a").returning(Product)).all()))

step("many parameter sets")
stmt = insert(Product)
stmt = stmt.on_conflict_do_update(
    index_elements=["shop", "sku"], set_={"stock": Product.stock + stmt.excluded.stock}, where=Product.shop == 1
)
session.execute(stmt, [
    {"shop": 1, "sku": "a", "title": "x", "stock": 100},
    {"shop": 1, "sku": "d", "title": "d", "stock": 1},
    {"shop": 2, "sku": "a", "title": "x", "stock": 100},
])
say(all_rows())

step("set_ by excluded columns, onupdate not called")
stmt = insert(Product).values(shop=1, sku="b", title="B", stock=None)
stmt = stmt.on_conflict_do_update(index_elements=["shop", "sku"], set_={c.name: c for c in stmt.excluded if not c.primary_key and c.name != "stock"})
session.execute(stmt)
say(all_rows())
stmt = insert(Product).values(shop=1, sku="b", title="low")
stmt = stmt.on_conflict_do_update(index_elements=["shop", "sku"], set_=dict(product_title=func.upper(stmt.excluded.product_title), stock=5))
say(session.execute(stmt.returning(Product.title, Product.stock)).all())

step("objects stay in their session")
b = session.scalars(select(Product).where(Product.sku == "b")).one()
b.title = "pending change"
stmt = insert(Product).values(shop=1, sku="b", title="wins")
stmt = stmt.on_conflict_do_update(index_elements=["shop", "sku"], set_=dict(product_title=stmt.excluded.product_title))
got = session.scalars(stmt.returning(Product), execution_options={"populate_existing": True}).one()
say(got is b, b.title, inspect(b).modified)
session.rollback()
say(a.title, all_rows())
error(lambda: session.execute(insert(Product).values(shop=1, sku="a")))
session.rollback()
sql()
session.close()
