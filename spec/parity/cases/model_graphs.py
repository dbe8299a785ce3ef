"""Association objects, trees, two foreign keys to one table, cycles with post_update."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import Session, aliased, backref, declarative_base, joinedload, relationship, selectinload

Base = declarative_base()


class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    name = Column(String(10))
    children = relationship("Node", cascade="all, delete-orphan", order_by="Node.name",
        backref=backref("parent", remote_side=id))


follows = Table("follows", Base.metadata, Column("follower_id", ForeignKey("users.id"), primary_key=True),
    Column("followed_id", ForeignKey("users.id"), primary_key=True))


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    following = relationship("User", secondary=follows, primaryjoin=id == follows.c.follower_id,
        secondaryjoin=id == follows.c.followed_id, backref=backref("followers", order_by=name), order_by=name)


class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    street = Column(String(10))


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    billing_id = Column(ForeignKey("addresses.id"))
    shipping_id = Column(ForeignKey("addresses.id"))
    billing = relationship(Address, foreign_keys=[billing_id])
    shipping = relationship("Address", foreign_keys="Customer.shipping_id")


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    lines = relationship("Line", back_populates="order", cascade="all, delete-orphan", order_by="Line.item_id")


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    lines = relationship("Line", back_populates="item")


class Line(Base):
    __tablename__ = "lines"
    order_id = Column(ForeignKey("orders.id"), primary_key=True)
    item_id = Column(ForeignKey("items.id"), primary_key=True)
    amount = Column(Integer, default=1)
    order = relationship(Order, back_populates="lines")
    item = relationship(Item, back_populates="lines")


class Widget(Base):
    __tablename__ = "widgets"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    favorite_id = Column(ForeignKey("entries.id", name="fk_favorite", use_alter=True))
    entries = relationship("Entry", primaryjoin="Widget.id == Entry.widget_id", order_by="Entry.id")
    favorite = relationship("Entry", primaryjoin="Widget.favorite_id == Entry.id", foreign_keys=favorite_id, post_update=True)


class Entry(Base):
    __tablename__ = "entries"
    id = Column(Integer, primary_key=True)
    widget_id = Column(ForeignKey("widgets.id"))
    name = Column(String(10))


e = engine()
Base.metadata.create_all(e)
forget()


def names(objects):
    return [o.name for o in objects]


def tree(node, depth=0):
    say(depth, node.name)
    for child in node.children:
        tree(child, depth + 1)


s = Session(e)
step("tree")
root = Node(name="root", children=[Node(name="b", children=[Node(name="c")]), Node(name="a")])
s.add(root)
s.commit()
step("walk")
tree(root)
say(root.children[1].parent is root)
step("eager")
s.expunge_all()
root = s.scalars(select(Node).where(Node.parent_id == None).options(selectinload(Node.children).selectinload(Node.children))).one()
sql()
tree(root)
step("joined with aliases")
child = aliased(Node)
say(s.execute(select(Node.name, child.name).join(Node.children.of_type(child)).order_by(child.name)).all())
say(s.execute(select(child.name).join(child.parent).where(Node.name == "root").order_by(child.name)).scalars().all())
say(select(Node).where(Node.children.any(name="c")))
say(select(Node).where(Node.parent.has(name="root")))
step("move and orphan")
b = [n for n in root.children if n.name == "b"][0]
c = b.children[0]
root.children.append(c)
say(c.parent.name, names(b.children))
s.flush()
root.children.remove(b)
s.flush()
say(inspect(b).deleted or inspect(b).detached, inspect(c).persistent)
step("delete the tree")
s.delete(root)
s.commit()
step("followers")
ann, bob, cy = User(name="ann"), User(name="bob"), User(name="cy")
ann.following = [bob]
s.add(ann)
s.flush()
ann.following.append(cy)
s.flush()
bob.following.append(ann)
s.commit()
say(names(ann.following), names(ann.followers), names(cy.followers))
cy.followers.remove(ann)
s.flush()
fan = aliased(User, name="f")
say(s.scalars(select(User.name).join(User.followers.of_type(fan)).order_by(User.name)).all())
step("two addresses")
home, work = Address(street="home"), Address(street="work")
cust = Customer(billing=home, shipping=work)
s.add(cust)
s.commit()
say(cust.billing.street, cust.shipping.street)
say(select(Customer).join(Customer.billing), select(Customer).options(joinedload(Customer.billing), joinedload(Customer.shipping)))
cust.shipping = home
s.commit()
say(cust.shipping is cust.billing)
step("association object")
pen, ink = Item(name="pen"), Item(name="ink")
order = Order(lines=[Line(item=pen, amount=2), Line(item=ink)])
s.add(order)
s.commit()
say([(l.item.name, l.amount) for l in order.lines], [l.order_id for l in pen.lines])
order.lines[0].amount = 5
order.lines.pop()
s.flush()
say(s.execute(select(Order.id, Item.name, Line.amount).join(Order.lines).join(Line.item)).all())
step("a line without its order")
s.commit()
pen.lines.append(Line(amount=1))
error(s.flush)
s.rollback()
step("delete the order")
s.delete(order)
s.commit()
step("post_update")
w = Widget(name="w", entries=[Entry(name="one"), Entry(name="two")])
w.favorite = w.entries[1]
s.add(w)
s.flush()
step("post_update change")
w.favorite = w.entries[0]
s.flush()
w.favorite = None
s.flush()
w.favorite = w.entries[0]
s.commit()
step("post_update delete")
say(w.favorite.name, names(w.entries))
for entry in w.entries:
    s.delete(entry)
s.delete(w)
s.commit()
sql()
s.close()
