# Defaults of every kind: scalar, function, context, expression, server side, on update, and when each is fetched.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()
counter = iter(range(100, 200))


def make_code(ctx):
    params = ctx.get_current_parameters()
    return "%s-%s" % (params["name"][:2], params["price"])


class Item(Base):
    __tablename__ = "item"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(30))
    price = mapped_column(Integer, default=10)
    serial = mapped_column(Integer, default=lambda: next(counter))
    code = mapped_column(String(30), default=make_code)
    size = mapped_column(Integer, default=func.length("four"))
    stock = mapped_column(Integer, server_default="5")
    status = mapped_column(String(10), server_default=text("'new'"))
    touched = mapped_column(Integer, default=0, onupdate=7)
    changed = mapped_column(Integer, onupdate=func.length("abc"))
    note = mapped_column(String(20))


class Eager(Base):
    __tablename__ = "eager"
    __mapper_args__ = {"eager_defaults": True}
    id = mapped_column(Integer, primary_key=True)
    label = mapped_column(String(10))
    stock = mapped_column(Integer, server_default="9")
    changed = mapped_column(Integer, server_default="0", onupdate=func.length("abcde"))


class Lazy(Base):
    __tablename__ = "lazy"
    __mapper_args__ = {"eager_defaults": False}
    id = mapped_column(Integer, primary_key=True)
    label = mapped_column(String(10), insert_default="made")
    stock = mapped_column(Integer, server_default="3")
    doubled = mapped_column(Integer, Computed("stock * 2"))


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    a = Item(name="apple")
    say(a.price, a.serial, a.stock)
    s.add(a)
    s.flush()
    step("insert")
    say(a.price, a.serial, a.code, a.touched, a.changed)
    step("server values")
    say(a.stock, a.status, a.size)
    step("explicit values")
    b = Item(name="pear", price=None, serial=1, code="own", size=2, stock=0, status="old", touched=None)
    s.add(b)
    s.flush()
    say(b.price, b.serial, b.code, b.size, b.stock, b.status, b.touched)
    step("update")
    a.note = "ripe"
    s.flush()
    say(sorted(inspect(a).unloaded))
    say(a.touched, a.changed)
    step("update by expression")
    a.price = Item.price + 5
    say(inspect(a).attrs.price.history.added[0])
    s.flush()
    say("price" in inspect(a).unloaded, a.price)
    step("no change")
    a.note = "ripe"
    say(a in s.dirty, s.is_modified(a))
    s.flush()
    step("eager")
    g = Eager(label="x")
    s.add(g)
    s.flush()
    say(sorted(inspect(g).unloaded), g.stock, g.changed)
    g.label = "y"
    s.flush()
    say(sorted(inspect(g).unloaded))
    say(g.changed)
    step("lazy")
    z = Lazy()
    s.add(z)
    s.flush()
    say(sorted(inspect(z).unloaded), z.label)
    step("lazy read")
    say(z.stock, z.doubled)
    z.stock = 8
    s.flush()
    say("doubled" in inspect(z).unloaded)
    say(z.doubled)
    step("core insert")
    s.execute(insert(Item), [{"name": "plum"}, {"name": "fig", "price": 3}])
    s.execute(update(Item).where(Item.name == "fig").values(note="dry"))
    for row in s.execute(select(Item.name, Item.price, Item.serial, Item.code, Item.touched).order_by(Item.id)):
        say(row)
    s.commit()
sql()
