"""Querying, sales: entities, columns, bundles, labels and mixtures, aggregates, group by and having, case, cast,
window functions, CTEs, subqueries, aliased entities of subqueries, rows as mappings, tuples and scalars, unique."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    city = mapped_column(String(20))
    orders = relationship("Order", back_populates="customer", order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    customer_id = mapped_column(ForeignKey("customers.id"))
    total = mapped_column(Integer)
    placed = mapped_column(Date)
    customer = relationship(Customer, back_populates="orders")


e = engine()
Base.metadata.create_all(e)
s = Session(e)
d = datetime.date
s.add_all([Customer(id=1, name="ann", city="Rome", orders=[Order(id=1, total=10, placed=d(2026, 1, 1)), Order(
    id=2, total=30, placed=d(2026, 2, 1))]), Customer(id=2, name="bob", city="Oslo", orders=[Order(
        id=3, total=20, placed=d(2026, 2, 9))]), Customer(id=3, name="cyd", city=None)])
s.commit()
forget()


def run(title, stmt, shape=lambda r: r.all()):
    step(title)
    say(shape(s.execute(stmt)))
    sql()


run("entity and column", select(Customer, Order.total).join(Order).order_by(Order.id),
    lambda r: [(c.name, t) for c, t in r])
run("labels", select(Customer.name.label("who"), func.count(Order.id).label("n")).outerjoin(Customer.orders).group_by(
    Customer.id, Customer.name).order_by(desc("n"), "who"), lambda r: [(x.who, x.n, x._mapping["n"]) for x in r])
run("having", select(Customer.city, func.sum(Order.total)).join_from(Customer, Order).group_by(Customer.city).having(
    func.sum(Order.total) > 15).order_by(Customer.city))
run("mappings", select(Customer.id, Customer.name).order_by(Customer.id).limit(2),
    lambda r: [dict(m) for m in r.mappings()])
run("columns", select(Customer.id, Customer.name, Customer.city).order_by(Customer.id),
    lambda r: r.columns(2, "name").all())
run("keys", select(Customer, Order.id, literal("x").label("lit")).join(Order), lambda r: list(r.keys()))
b = Bundle("c", Customer.name, Customer.city)
run("bundle", select(b, Order.total).join(Order).where(b.c.city == "Rome").order_by(Order.id),
    lambda r: [(x.c.name, x.c.city, x.total) for x in r])
run("nested bundle", select(Bundle("o", Order.id, Bundle("c", Customer.name),
    single_entity=True)).join(Customer).order_by(
    Order.id), lambda r: [(x.o.id, x.o.c.name) for x in r])
run("case", select(Order.id, case((Order.total > 25, "big"), (Order.total > 15, "mid"),
    else_="small").label("size")).order_by(
    Order.id))
run("case value", select(case({"Rome": 1, "Oslo": 2}, value=Customer.city, else_=0)).order_by(Customer.id),
    lambda r: r.scalars().all())
run("cast", select(cast(Order.total, String) + "!", type_coerce(Order.total, Integer) / 4, Order.total // 4,
    Order.total % 7).where(
    Order.id == 2))
run("null", select(Customer.name, func.coalesce(Customer.city, "?")).order_by(Customer.city.desc().nulls_last()))
run("is null", select(Customer.name).where(Customer.city.is_(None) | (Customer.name == "ann")).order_by(Customer.name))
run("in", select(Order.id).where(Order.total.in_([10, 20]), Order.id.not_in([])).order_by(Order.id),
    lambda r: r.scalars().all())
run("tuples", select(Order.id).where(tuple_(Order.customer_id, Order.total).in_([(1, 30), (2, 20)])).order_by(Order.id))
run("between and like", select(Customer.name).where(Customer.id.between(1, 3), Customer.name.like("%b"),
    ~Customer.name.startswith(
    "a"), Customer.name.icontains("O")))
run("dates", select(Order.placed, extract("month", Order.placed)).where(Order.placed >= d(2026, 2,
    1)).order_by(Order.id))
run("window", select(Order.id, func.row_number().over(partition_by=Order.customer_id, order_by=Order.total.desc()),
    func.sum(
    Order.total).over(order_by=Order.id, rows=(None, 0))).order_by(Order.id))
run("filter", select(func.count(Order.id).filter(Order.total > 15), func.max(Order.total), func.min(Order.placed)))
sub = select(Order.customer_id, func.sum(Order.total).label("s")).group_by(Order.customer_id).subquery("sums")
run("subquery", select(Customer.name, sub.c.s).outerjoin(sub, Customer.id == sub.c.customer_id).order_by(Customer.id))
run("scalar subquery", select(Customer.name, select(func.count(Order.id)).where(
    Order.customer_id == Customer.id).scalar_subquery().label("n")).order_by(Customer.id))
late = aliased(Order, select(Order).where(Order.placed > d(2026, 1, 15)).subquery(), name="late")
run("entity of subquery", select(Customer.name, late).join(late, late.customer_id == Customer.id).order_by(late.id),
    lambda r: [(n, o.id, o.total) for n, o in r])
rich = select(Customer.id).join(Order).group_by(Customer.id).having(func.sum(Order.total) > 30).cte("rich")
run("cte", select(Customer.name).join(rich, rich.c.id == Customer.id))
n = select(literal(1).label("n")).cte("nums", recursive=True)
n = n.union_all(select(n.c.n + 1).where(n.c.n < 4))
run("recursive", select(n.c.n, Order.id).outerjoin(Order, Order.id == n.c.n).order_by(n.c.n))
o1, o2 = aliased(Order), aliased(Order, name="o2")
run("pairs", select(o1.id, o2.id).where(o1.id < o2.id, o1.customer_id == o2.customer_id))
run("distinct", select(Order.customer_id).distinct().order_by(Order.customer_id), lambda r: r.scalars().all())
run("unique", select(Customer).join(Customer.orders).order_by(Customer.id),
    lambda r: [c.name for c in r.scalars().unique()])
run("exists", select(Customer.name).where(exists().where(Order.customer_id == Customer.id)).order_by(Customer.id))
run("correlated in", select(Customer.name).where(Customer.id.in_(select(Order.customer_id).where(Order.total > 15)))
    .order_by(
    Customer.id))
run("params", select(Order.id).where(Order.total > bindparam("low")).order_by(Order.id).params(low=15))
run("text columns", select(text("1 as one"), literal_column("2").label("two"),
    Customer.id).order_by(Customer.id).limit(1))
run("offset", select(Order.id).order_by(Order.id.desc()).offset(1).limit(1))
run("from select", select(func.count()).select_from(select(Order).where(Order.total < 25).subquery()),
    lambda r: r.scalar())
step("results")
r = s.execute(select(Customer.id, Customer.name).order_by(Customer.id))
row = r.first()
say(row[0], row.name, len(row), row[1] == "ann", tuple(row), row._asdict())
a, b = s.execute(select(Customer.name, Customer.city)).first()
say(a, b, s.execute(select(Customer.id).where(Customer.id == 9)).first(),
    s.scalar(select(Customer.city).where(Customer.id == 3)))
say(s.execute(select(Order.id).order_by(Order.id)).scalars().fetchmany(2),
    s.scalars(select(Order.id).order_by(Order.id)).first())
refused(lambda: row.nothing)
error(lambda: s.execute(select(Order.id)).one())
error(lambda: s.execute(select(Order.id).where(Order.id == 99)).one())
error(lambda: s.execute(select(Order.id)).scalar_one_or_none())
say(s.execute(select(Order.id).where(Order.id == 99)).one_or_none(), r.closed)
error(lambda: r.all())
refused(lambda: s.execute(select(Customer).join(Order, Order.nothing == 1)))
error(lambda: s.execute("select 1"))
error(lambda: select(Customer).where(Customer.orders == "x"))
