"""The examples nested_sets, adjacency_list and materialized_paths: trees kept by listeners, by a mapped dictionary of
children and by paths, with the queries that the examples make."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "personnel"
    __mapper_args__ = {"batch": False}
    emp = Column(String(20), primary_key=True)
    left = Column("lft", Integer, nullable=False)
    right = Column("rgt", Integer, nullable=False)
    parent = False

    def __repr__(self):
        return "%s(%d, %d)" % (self.emp, self.left, self.right)


@event.listens_for(Employee, "before_insert")
def before_insert(mapper, connection, instance):
    if not instance.parent:
        instance.left = 1
        instance.right = 2
    else:
        personnel = mapper.local_table
        right_most_sibling = connection.scalar(select(personnel.c.rgt).where(personnel.c.emp == instance.parent.emp))
        connection.execute(personnel.update().where(personnel.c.rgt >= right_most_sibling).values(
            lft=case((personnel.c.lft > right_most_sibling, personnel.c.lft + 2), else_=personnel.c.lft),
            rgt=case((personnel.c.rgt >= right_most_sibling, personnel.c.rgt + 2), else_=personnel.c.rgt)))
        instance.left = right_most_sibling
        instance.right = right_most_sibling + 1


class TreeNode(Base):
    __tablename__ = "tree"
    id = mapped_column(Integer, primary_key=True)
    parent_id = mapped_column(ForeignKey("tree.id"))
    name = mapped_column(String(20))
    children = relationship("TreeNode", cascade="all, delete-orphan", back_populates="parent",
                            collection_class=attribute_keyed_dict("name"))
    parent = relationship("TreeNode", back_populates="children", remote_side=id)

    def dump(self, indent=0):
        say("  " * indent + self.name, self.id, self.parent_id)
        for k in sorted(self.children):
            self.children[k].dump(indent + 1)


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True, autoincrement=False)
    path = Column(String(500), nullable=False, index=True)
    descendants = relationship("Node", viewonly=True, order_by=path,
                               primaryjoin=remote(foreign(path)).like(path.concat(".%")))

    def move_to(self, new_parent):
        new_path = new_parent.path + "." + str(self.id)
        for n in self.descendants:
            n.path = new_path + n.path[len(self.path):]
        self.path = new_path


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("nested sets")
albert, bert, chuck, donna, eddie, fred = [Employee(emp=n) for n in ("Albert", "Bert", "Chuck", "Donna", "Eddie",
    "Fred")]
bert.parent = albert
chuck.parent = albert
donna.parent = chuck
eddie.parent = chuck
fred.parent = chuck
session.add_all([albert, bert, chuck, donna, eddie, fred])
session.commit()
sql()
say([repr(x) for x in session.query(Employee).order_by(Employee.emp)])
ealias = aliased(Employee)
say([repr(x) for x in session.query(Employee).filter(ealias.left.between(Employee.left, Employee.right)).filter(
    ealias.emp == "Eddie").order_by(Employee.left)])
say([repr(x) for x in session.query(Employee).filter(Employee.left.between(ealias.left, ealias.right)).filter(
    ealias.emp == "Chuck").order_by(Employee.left)])
say(session.query(func.count(ealias.emp), Employee.emp).filter(ealias.left.between(Employee.left,
    Employee.right)).group_by(
    Employee.emp).order_by(Employee.emp).all())
sql()
step("adjacency list")
node = TreeNode(name="rootnode")
for name, parent in (("node1", node), ("node3", node)):
    parent.children[name] = TreeNode(name=name)
node2 = TreeNode(name="node2")
TreeNode(name="subnode1", parent=node2)
node.children["node2"] = node2
TreeNode(name="subnode2", parent=node.children["node2"])
session.add(node)
session.flush()
say(sorted(session.scalars(select(TreeNode.name)).all()), sorted(node.children), sorted(node2.children))
session.commit()
forget()
del node.children["node3"]
node.children["node4"] = TreeNode(name="node4")
node.children["node4"].children["sub4"] = TreeNode(name="sub4")
session.commit()
sql()
session.expunge_all()
node = session.query(TreeNode).options(selectinload(TreeNode.children, recursion_depth=4)).filter(
    TreeNode.name == "rootnode").first()
sql()
say(sorted(node.children), sorted(node.children["node2"].children), sorted(node.children["node4"].children))
sql()
session.delete(node.children["node4"])
session.commit()
say(session.scalars(select(TreeNode.name).order_by(TreeNode.name)).all())
forget()
step("materialized paths")
for i, path in enumerate(["1", "1.2", "1.3", "1.2.4", "1.2.5", "1.3.6"], 1):
    session.add(Node(id=i, path=path))
session.commit()
sql()
two = session.get(Node, 2)
say([n.id for n in two.descendants], [n.id for n in session.get(Node, 1).descendants])
two.move_to(session.get(Node, 3))
session.commit()
sql()
say([n.path for n in session.get(Node, 1).descendants], [n.path for n in session.get(Node, 3).descendants])
say(session.scalars(select(Node.id).where(Node.path.like("1.3.%")).order_by(Node.path)).all())
say(session.scalars(select(Node.id).join(Node.descendants.of_type(aliased(Node))).distinct().order_by(Node.id)).all())
sql()
