# A tree of its own keys: nested set-ups of eager loads, recursive queries, moves, deep deletes, ordering lists.
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.orderinglist import ordering_list
from parity import *

Base = declarative_base()


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    parent_id = Column(ForeignKey("node.id"))
    pos = Column(Integer)
    children = relationship(
        "Node",
        cascade="all, delete-orphan",
        back_populates="parent",
        order_by="Node.pos",
        collection_class=ordering_list("pos"),
    )
    parent = relationship("Node", remote_side=[id], back_populates="children")
    leaves = relationship(
        "Node",
        primaryjoin=lambda: and_(Node.id == foreign(remote(Node.parent_id)), remote(Node.name).like("leaf%")),
        viewonly=True,
        order_by=lambda: remote(Node.name).desc(),
    )


def tree(node):
    return [node.name, node.pos, [tree(c) for c in node.children]]


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    root = Node(name="root")
    a, b, c = Node(name="a"), Node(name="b"), Node(name="c")
    for n in (a, b, c):
        root.children.append(n)
    a.children.append(Node(name="leaf1"))
    a.children.append(Node(name="leaf2"))
    a.children.insert(0, Node(name="twig"))
    say(tree(root))
    s.add(root)
    s.commit()
    step("stored")
    say(tree(root))
    sql()
    say([n.name for n in a.leaves], a.parent.name)
    step("positions follow")
    root.children.insert(1, root.children.pop())
    say([(n.name, n.pos) for n in root.children])
    s.flush()
    root.children.remove(b)
    say(b.parent, b in s.deleted, [(n.name, n.pos) for n in root.children])
    s.commit()
    say(inspect(b).detached, tree(root))
    step("move a branch")
    leaf = a.children[1]
    c.children.append(leaf)
    say(leaf.parent.name, [n.name for n in a.children], leaf.pos)
    s.commit()
    say(tree(root))
    step("to another parent by the reference")
    twig = a.children[0]
    twig.parent = root
    say([n.name for n in root.children], twig.pos, [n.name for n in a.children])
    s.commit()
    say(tree(root))
    step("eager, two levels")
    s.expunge_all()
    option = selectinload(Node.children).selectinload(Node.children)
    root = s.scalars(select(Node).where(Node.parent_id == None).options(option)).one()
    sql()
    say([x.name for n in root.children for x in n.children])
    s.expunge_all()
    root = s.scalars(select(Node).where(Node.parent == None)
        .options(joinedload(Node.children, Node.children))).unique().one()
    sql()
    say([x.name for n in root.children for x in n.children])
    step("joins up and down")
    up, top = aliased(Node, name="up"), aliased(Node, name="top")
    say(s.execute(
        select(Node.name, up.name, top.name).join(Node.parent.of_type(up)).join(up.parent.of_type(top)).order_by(Node.name)
    ).all())
    say(s.scalars(select(Node.name).where(Node.children.any(Node.name == "leaf1"))).all())
    say(s.scalars(select(Node.name).where(Node.parent.has(name="root")).order_by(Node.name)).all())
    say(s.scalars(select(Node.name).where(~Node.children.any()).order_by(Node.name)).all())
    step("recursive")
    below = select(Node.id, Node.name, literal(0).label("depth")).where(Node.name == "root").cte("below",
        recursive=True)
    kid = aliased(Node, name="kid")
    below = below.union_all(select(kid.id, kid.name, below.c.depth + 1).where(kid.parent_id == below.c.id))
    say(s.execute(select(below.c.name, below.c.depth).order_by(below.c.depth, below.c.name)).all())
    found = s.scalars(select(Node).join(below, Node.id == below.c.id).where(below.c.depth == 2).order_by(Node.id)).all()
    say([n.name for n in found])
    step("its own child")
    a = s.scalars(select(Node).where(Node.name == "a")).one()
    a.parent = a
    error(s.flush)
    s.rollback()
    step("delete all")
    s.delete(s.scalars(select(Node).where(Node.name == "root")).one())
    s.commit()
    say(s.scalar(select(func.count(Node.id))))
sql()
