"""A tree that refers to itself: join_depth, recursion_depth, explicit aliases, both directions."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.orm import (Session, aliased, backref, contains_eager, declarative_base, immediateload, joinedload,
    relationship,
                            selectinload, subqueryload)

Base = declarative_base()


class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    name = Column(String(30))
    children = relationship("Node", backref=backref("parent", remote_side=[id]), order_by="Node.id")


class Folder(Base):
    __tablename__ = "folders"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("folders.id"))
    name = Column(String(30))
    children = relationship("Folder", lazy="joined", join_depth=2, order_by="Folder.id")


class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parts.id"))
    name = Column(String(30))
    children = relationship("Part", lazy="selectin", join_depth=2, order_by="Part.id")
    parent = relationship("Part", remote_side=[id], lazy="joined", overlaps="children")


e = engine()
Base.metadata.create_all(e)


def grow(cls):
    return cls(id=1, name="root", children=[
        cls(id=2, name="a", children=[cls(id=4, name="a1", children=[cls(id=6, name="a11", children=[cls(id=7,
            name="a111")])]),
                                      cls(id=5, name="a2")]),
        cls(id=3, name="b")])


with Session(e) as s:
    s.add_all([grow(Node), grow(Folder), grow(Part)])
    s.commit()
forget()


def tree(n):
    return [n.name, [tree(c) for c in n.children]] if n.children else n.name


def loaded(n):
    """What is there without a statement."""
    if "children" in inspect(n).unloaded:
        return n.name + "?"
    return [n.name, [loaded(c) for c in n.children]]


for cls in (Node, Folder, Part):
    step(cls.__name__)
    with Session(e) as s:
        root = s.scalars(select(cls).where(cls.name == "root")).unique().one()
        say(loaded(root))
        step(cls.__name__ + " the rest")
        say(tree(root))
step("nested options")
with Session(e) as s:
    root = s.scalars(select(Node).where(Node.id == 1).options(selectinload(Node.children)
        .selectinload(Node.children))).one()
    say(loaded(root))
with Session(e) as s:
    root = s.scalars(select(Node).where(Node.id == 1).options(joinedload(Node.children)
        .joinedload(Node.children))).unique().one()
    say(loaded(root))
with Session(e) as s:
    root = s.scalars(select(Node).where(Node.id == 1).options(subqueryload(Node.children)
        .subqueryload(Node.children))).one()
    say(loaded(root))
for depth in (1, 2, -1):
    step("selectin recursion_depth %d" % depth)
    with Session(e) as s:
        root = s.scalars(select(Node).where(Node.id == 1).options(selectinload(Node.children,
            recursion_depth=depth))).one()
        say(loaded(root))
step("immediate recursion_depth")
with Session(e) as s:
    root = s.scalars(select(Node).where(Node.id == 1).options(immediateload(Node.children, recursion_depth=-1))).one()
    say(loaded(root))
with Session(e) as s:
    step("upwards")
    leaf = s.scalars(select(Node).where(Node.id == 7).options(selectinload(Node.parent, recursion_depth=-1))).one()
    names = []
    while leaf is not None:
        names.append(leaf.name)
        leaf = leaf.parent
    say(names)
with Session(e) as s:
    step("upwards joined")
    leaf = s.scalars(select(Node).where(Node.id == 7).options(joinedload(Node.parent).joinedload(Node.parent))).one()
    say(leaf.parent.parent.name)
    step("one more")
    say(leaf.parent.parent.parent.name)
step("explicit aliases")
with Session(e) as s:
    child = aliased(Node, name="child")
    grand = aliased(Node, name="grand")
    stmt = select(Node).join(Node.children.of_type(child)).join(child.children.of_type(grand)).where(Node.parent_id.is_(None)).options(
        contains_eager(Node.children.of_type(child)).contains_eager(child.children.of_type(grand))).order_by(child.id, grand.id)
    say([loaded(n) for n in s.scalars(stmt).unique()])
with Session(e) as s:
    parent = aliased(Node)
    stmt = select(Node.name, parent.name.label("up")).outerjoin(Node.parent.of_type(parent)).order_by(Node.id)
    say([[r.name, r.up] for r in s.execute(stmt)])
    stmt = select(Node).join(Node.parent.of_type(parent)).where(parent.name == "a").order_by(Node.id)
    say([n.name for n in s.scalars(stmt)])
    up = aliased(Node)
    say([n.name for n in s.scalars(select(Node).join(parent, Node.parent).join(up,
        parent.parent).where(up.name == "root").order_by(Node.id))])
    say([n.name for n in s.scalars(select(Node).where(Node.children.any(name="a1")))])
    say([n.name for n in s.scalars(select(Node).where(Node.parent.has(Node.parent.has(name="root")))
        .order_by(Node.id))])
    say([n.name for n in s.scalars(select(Node).where(~Node.children.any()).order_by(Node.id))])
    say([n.name for n in s.scalars(select(Node).where(Node.parent == None).order_by(Node.id))])
step("wrong depth")
error(lambda: selectinload(Node.children, recursion_depth=0))
step("recursion with the identity map")
with Session(e) as s:
    kept = s.get(Node, 4)
    root = s.scalars(select(Node).where(Node.id == 1).options(selectinload(Node.children, recursion_depth=-1))).one()
    say(root.children[0].children[0] is kept, loaded(kept))
step("end")
