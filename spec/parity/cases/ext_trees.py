"""Trees and graphs as applications keep them: adjacency list, materialized path, nested sets, directed graph, vertical."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, event, func, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (Session, aliased, attribute_keyed_dict, backref, declarative_base, foreign, joinedload,
                            relationship, remote)

Base = declarative_base()


class TreeNode(Base):
    __tablename__ = "tree"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("tree.id"))
    name = Column(String(20), nullable=False)
    children = relationship("TreeNode", cascade="all, delete-orphan", back_populates="parent",
                            collection_class=attribute_keyed_dict("name"))
    parent = relationship("TreeNode", back_populates="children", remote_side=id)

    def __init__(self, name, parent=None):
        self.name = name
        self.parent = parent


def dump(node, depth=0):
    say("  " * depth + node.name)
    for key in sorted(node.children):
        dump(node.children[key], depth + 1)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("adjacency list")
root = TreeNode("root")
TreeNode("n1", parent=root)
n2 = TreeNode("n2", parent=root)
TreeNode("n21", parent=n2)
TreeNode("n22", parent=n2)
root.children["n3"] = TreeNode("n3")
dump(root)
s.add(root)
s.commit()
sql()
del root.children["n1"]
TreeNode("n23", parent=root.children["n2"])
s.commit()
sql()
s.expunge_all()
root = s.scalars(select(TreeNode).options(joinedload(TreeNode.children).joinedload(TreeNode.children))
                 .where(TreeNode.name == "root")).unique().one()
dump(root)
sql()
kid = aliased(TreeNode)
say(s.execute(select(TreeNode.name, kid.name).join(TreeNode.children.of_type(kid)).order_by(kid.name)).all())
sql()
base = select(TreeNode.id, TreeNode.name, sa.literal(0).label("depth")).where(TreeNode.parent_id.is_(None)).cte("walk", recursive=True)
walk = base.union_all(select(TreeNode.id, TreeNode.name, base.c.depth + 1).join(base, TreeNode.parent_id == base.c.id))
say(s.execute(select(walk.c.name, walk.c.depth).order_by(walk.c.depth, walk.c.name)).all())
sql()
s.delete(root)
s.commit()
sql()
step("materialized path")


class Path(Base):
    __tablename__ = "path"
    id = Column(Integer, primary_key=True, autoincrement=False)
    path = Column(String(100), nullable=False, index=True)
    descendants = relationship(
        "Path", viewonly=True, order_by=path,
        primaryjoin=remote(foreign(path)).like(path.concat("/%")))

    @property
    def depth(self):
        return self.path.count("/")


Path.__table__.create(e)
forget()
for n in ("1", "1/2", "1/3", "1/3/4", "5"):
    s.add(Path(id=int(n.split("/")[-1]), path=n))
s.commit()
forget()
one = s.get(Path, 1)
say([(p.id, p.depth) for p in one.descendants])
sql()
p2 = aliased(Path)
say(s.execute(select(Path.path, func.count(p2.id)).outerjoin(p2, Path.descendants.of_type(p2)).group_by(Path.path).order_by(Path.path)).all())
sql()
step("nested sets")


class Emp(Base):
    __tablename__ = "emp"
    __mapper_args__ = {"batch": False}
    emp = Column(String(20), primary_key=True)
    left = Column("lft", Integer, nullable=False)
    right = Column("rgt", Integer, nullable=False)
    boss = None


@event.listens_for(Emp, "before_insert")
def place(mapper, connection, instance):
    if not instance.boss:
        instance.left, instance.right = 1, 2
        return
    t = mapper.persist_selectable
    edge = connection.scalar(select(t.c.rgt).where(t.c.emp == instance.boss.emp))
    connection.execute(t.update().where(t.c.rgt >= edge).values(
        lft=case((t.c.lft > edge, t.c.lft + 2), else_=t.c.lft), rgt=case((t.c.rgt >= edge, t.c.rgt + 2), else_=t.c.rgt)))
    instance.left, instance.right = edge, edge + 1


Emp.__table__.create(e)
forget()
albert = Emp(emp="albert")
bert = Emp(emp="bert")
chuck = Emp(emp="chuck")
bert.boss = chuck.boss = albert
donna = Emp(emp="donna")
donna.boss = chuck
for x in (albert, bert, chuck, donna):
    s.add(x)
    s.flush()
s.commit()
forget()
ea = aliased(Emp)
say(s.execute(select(ea.emp, ea.left, ea.right, func.count(Emp.emp)).where(ea.left.between(Emp.left, Emp.right))
              .group_by(ea.emp, ea.left, ea.right).order_by(ea.left)).all())
sql()
step("directed graph")


class Vertex(Base):
    __tablename__ = "vertex"
    id = Column(Integer, primary_key=True)

    def add(self, *others):
        for o in others:
            Edge(self, o)
        return self

    def higher(self):
        return [x.higher for x in self.lower_edges]


class Edge(Base):
    __tablename__ = "edge"
    lower_id = Column(ForeignKey("vertex.id"), primary_key=True)
    higher_id = Column(ForeignKey("vertex.id"), primary_key=True)
    lower = relationship(Vertex, primaryjoin=lower_id == Vertex.id, backref="lower_edges")
    higher = relationship(Vertex, primaryjoin=higher_id == Vertex.id, backref="higher_edges")

    def __init__(self, a, b):
        self.lower, self.higher = a, b


Base.metadata.create_all(e)
forget()
v = [Vertex(id=i) for i in range(1, 5)]
v[0].add(v[1], v[2])
v[1].add(v[3])
v[2].add(v[3])
s.add_all(v)
s.commit()
sql()
say(sorted(x.id for x in v[0].higher()), sorted(x.lower.id for x in v[3].higher_edges))
forget()
step("vertical")


class Fact(Base):
    __tablename__ = "fact"
    animal_id = Column(ForeignKey("beast.id"), primary_key=True)
    key = Column(String(20), primary_key=True)
    value = Column(String(50))


class Beast(Base):
    __tablename__ = "beast"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    facts = relationship("Fact", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    values = association_proxy("facts", "value", creator=lambda k, val: Fact(key=k, value=val))

    @classmethod
    def with_fact(cls, key, value):
        return cls.facts.any(key=key, value=value)


Base.metadata.create_all(e)
forget()
stoat = Beast(name="stoat")
stoat.values["color"] = "red"
stoat.values["cuteness"] = "7"
loris = Beast(name="loris")
loris.values["color"] = "brown"
s.add_all([stoat, loris])
s.commit()
sql()
stoat.values["color"] = "white"
del stoat.values["cuteness"]
s.commit()
sql()
say(sorted(stoat.values.items()))
say([b.name for b in s.scalars(select(Beast).where(Beast.with_fact("color", "brown")))])
sql()
say([b.name for b in s.scalars(select(Beast).where(~Beast.with_fact("color", "brown")))])
