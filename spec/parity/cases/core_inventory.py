"""An inventory as reports need it: bulk loading, CTEs, windows, recursive trees, aggregates with conditions."""
from parity import *
from sqlalchemy import (Column, ForeignKey, Integer, MetaData, Numeric, String, Table, Text, and_, case, cast, column, exists,
                        func, literal, or_, select, tuple_, union_all, values)
from decimal import Decimal

e = engine()
md = MetaData()
category = Table("category", md, Column("id", Integer, primary_key=True), Column("name", String(20), nullable=False),
                 Column("parent_id", ForeignKey("category.id")))
product = Table("product", md, Column("id", Integer, primary_key=True), Column("sku", String(10), unique=True),
                Column("category_id", ForeignKey("category.id")), Column("price", Numeric(10, 2)))
movement = Table("movement", md, Column("id", Integer, primary_key=True), Column("product_id", ForeignKey("product.id")),
                 Column("day", Integer), Column("quantity", Integer), Column("note", String(20)))
md.create_all(e)
forget()

step("load")
with e.begin() as conn:
    conn.execute(category.insert(), [{"id": 1, "name": "all", "parent_id": None}, {"id": 2, "name": "tools", "parent_id": 1},
                                     {"id": 3, "name": "hammers", "parent_id": 2}, {"id": 4, "name": "food", "parent_id": 1}])
    r = conn.execute(product.insert().returning(product.c.id, product.c.sku, sort_by_parameter_order=True),
                     [{"sku": "h1", "category_id": 3, "price": Decimal("9.50")}, {"sku": "h2", "category_id": 3, "price": Decimal("20")},
                      {"sku": "apple", "category_id": 4, "price": Decimal("0.30")}, {"sku": "odd", "category_id": None, "price": None}])
    ids = {row.sku: row.id for row in r}
    say(ids)
    r = conn.execute(movement.insert(), [
        {"product_id": ids[s], "day": d, "quantity": q, "note": n}
        for s, d, q, n in (("h1", 1, 10, "in"), ("h1", 2, -3, None), ("h1", 3, -2, "sold"), ("h2", 1, 5, "in"),
                           ("apple", 1, 100, "in"), ("apple", 2, -40, None), ("apple", 2, -10, "lost"))])
    say(r.rowcount)

conn = e.connect()
step("stock by product")
stock = select(movement.c.product_id, func.sum(movement.c.quantity).label("stock"),
               func.count().filter(movement.c.quantity < 0).label("outs"),
               func.max(movement.c.day).label("last")).group_by(movement.c.product_id).cte("stock")
report = (select(product.c.sku, func.coalesce(stock.c.stock, 0).label("stock"), stock.c.outs,
                 (stock.c.stock * product.c.price).label("worth"))
          .join_from(product, stock, isouter=True).order_by(stock.c.stock.desc().nulls_last(), product.c.sku))
for row in conn.execute(report):
    say(row.sku, row.stock, row.outs, row.worth)
step("windows")
w = dict(partition_by=movement.c.product_id, order_by=movement.c.id)
running = select(product.c.sku, movement.c.day, func.sum(movement.c.quantity).over(**w).label("running"),
                 func.row_number().over(**w).label("n"), func.lag(movement.c.quantity, 1, 0).over(**w).label("before"),
                 func.first_value(movement.c.note).over(rows=(None, 0), **w).label("first"),
                 func.sum(movement.c.quantity).over(rows=(-1, 1), **w).label("around"),
                 func.dense_rank().over(order_by=movement.c.day.desc()).label("recent")).join(product).order_by(movement.c.id)
say(conn.execute(running).mappings().all())
latest = running.subquery("r")
say(conn.execute(select(latest.c.sku, latest.c.running).where(latest.c.n == 1).order_by(latest.c.sku)).all())
step("tree")
tree = select(category.c.id, category.c.name, literal(0).label("depth"), cast(category.c.name, Text).label("path")).where(
    category.c.parent_id.is_(None)).cte("tree", recursive=True)
child = category.alias("child")
tree = tree.union_all(select(child.c.id, child.c.name, tree.c.depth + 1, tree.c.path + "/" + child.c.name).join(tree, child.c.parent_id == tree.c.id))
say(conn.execute(select(tree.c.path, tree.c.depth).order_by(tree.c.path)).all())
per = select(tree.c.path, func.count(product.c.id).label("n")).select_from(tree).outerjoin(product, product.c.category_id == tree.c.id).group_by(tree.c.path)
say(conn.execute(per.having(func.count(product.c.id) > 0).order_by("n", tree.c.path)).all())
step("conditions")
size = case((product.c.price >= 10, "dear"), (product.c.price < 1, "cheap"), else_="normal").label("size")
say(conn.execute(select(size, func.count()).group_by(size).order_by(size)).all())
moved = exists().where(movement.c.product_id == product.c.id)
say(conn.scalars(select(product.c.sku).where(~moved)).all())
say(conn.scalars(select(product.c.sku).where(or_(and_(product.c.price > 5, moved), product.c.sku.startswith("od"))).order_by(product.c.id)).all())
last = select(func.max(movement.c.day)).where(movement.c.product_id == product.c.id).scalar_subquery()
say(conn.execute(select(product.c.sku, last.label("last")).order_by(product.c.id)).all())
say(conn.execute(select(movement.c.id).where(tuple_(movement.c.product_id, movement.c.day).in_([(ids["h1"], 2), (ids["apple"], 1)])).order_by(movement.c.id)).all())
step("values and unions")
wanted = values(column("sku", String), column("least", Integer), name="wanted").data([("h1", 4), ("h2", 9)])
if not is_postgresql:
    wanted = wanted.cte("wanted")
say(conn.execute(select(wanted.c.sku, wanted.c.least, stock.c.stock).join(product, product.c.sku == wanted.c.sku)
                 .join(stock, stock.c.product_id == product.c.id).order_by(wanted.c.sku)).all())
u = union_all(select(product.c.sku.label("what"), literal("p").label("kind")), select(category.c.name, literal("c"))).subquery()
say(conn.execute(select(u.c.kind, func.count(u.c.what)).group_by(u.c.kind).order_by(u.c.kind)).all())
say(conn.execute(select(product.c.sku).union(select(category.c.name)).order_by("sku").limit(3).offset(1)).all())
say(conn.execute(select(product.c.sku).except_(select(product.c.sku).where(product.c.price > 1)).order_by("sku")).scalars().all())
step("correct")
r = conn.execute(movement.update().where(movement.c.note.is_(None)).values(note=func.upper("fixed")).returning(movement.c.id, movement.c.note))
say(sorted(r.all()))
r = conn.execute(product.update().where(product.c.id == movement.c.product_id, movement.c.note == "lost").values(price=product.c.price * 2))
say(r.rowcount, conn.scalar(select(product.c.price).where(product.c.sku == "apple")))
r = conn.execute(movement.delete().where(movement.c.product_id.in_(select(product.c.id).where(product.c.price > 15))).returning(movement.c.day))
say(r.scalars().all())
conn.commit()
sql()
