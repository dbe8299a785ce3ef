"""An adjacency list as a file manager has it: folders keyed by name, cascades, eager depth, moves, counting queries."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Text, UniqueConstraint, cast, func, inspect, literal, select
from sqlalchemy.orm import (Session, aliased, attribute_keyed_dict, backref, declarative_base, joinedload, raiseload,
                            relationship, selectinload)

Base = declarative_base()


class Folder(Base):
    __tablename__ = "folders"
    __table_args__ = (UniqueConstraint("parent_id", "name"),)
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey(id))
    name = Column(String(30), nullable=False)
    size = Column(Integer, default=0)
    children = relationship("Folder", cascade="all, delete-orphan", collection_class=attribute_keyed_dict("name"),
                            backref=backref("parent", remote_side=id), order_by=name)

    def __init__(self, name, parent=None, size=0):
        self.name = name
        self.parent = parent
        self.size = size

    def lines(self, depth=0):
        out = ["  " * depth + self.name]
        for name in sorted(self.children):
            out += self.children[name].lines(depth + 1)
        return out

    def path(self):
        return (self.parent.path() if self.parent else "") + "/" + self.name


def show(folder):
    for line in folder.lines():
        say("   |" + line)


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("grow")
root = Folder("home")
docs = Folder("docs", parent=root, size=3)
Folder("tax", parent=docs, size=9)
Folder("cv", parent=docs, size=2)
root.children["music"] = Folder("music")
Folder("jazz", parent=root.children["music"], size=40)
show(root)
say(sorted(root.children), docs.children["tax"].path(), inspect(docs).transient, docs.parent is root)
session.add(root)
say(len(session.new))
session.flush()
sql()
session.commit()
step("lazily")
show(root)
step("remove a subtree")
music = root.children["music"]
del root.children["music"]
say(music.parent, inspect(root).attrs.children.history.deleted, music in session.deleted)
root.children["video"] = Folder("video", size=7)
session.flush()
sql()
say(inspect(music).deleted, sorted(root.children))
session.commit()
say(inspect(music).detached)
step("moves")
tax = root.children["docs"].children["tax"]
tax.parent = root
say(sorted(root.children), sorted(docs.children), inspect(tax).attrs.parent.history.deleted[0].name)
session.commit()
say(tax.path(), sorted(docs.children))
step("a name is the key")
docs.name = "papers"
say(sorted(root.children), "papers" in root.children)
session.commit()
say(sorted(root.children), "papers" in root.children)
error(lambda: session.add(Folder("papers", parent=root)) or session.flush())
session.rollback()
show(root)
step("eager to a depth")
session.expunge_all()
stmt = select(Folder).where(Folder.parent_id.is_(None)).options(
    joinedload(Folder.children).joinedload(Folder.children).raiseload(Folder.children))
top = session.scalars(stmt).unique().one()
sql()
say(sorted(top.children["papers"].children))
error(lambda: top.children["papers"].children["cv"].children)
session.expunge_all()
top = session.scalars(select(Folder).where(Folder.parent_id == None).options(
    selectinload(Folder.children, recursion_depth=-1))).one()
sql()
show(top)
session.expunge_all()
top = session.scalars(select(Folder).where(~Folder.parent.has()).options(
    selectinload(Folder.children, recursion_depth=1))).one()
sql()
say([(n, len(c.children)) for n, c in sorted(top.children.items())])
step("queries")
up = aliased(Folder, name="up")
say(session.execute(select(Folder.name, up.name).join(Folder.parent.of_type(up)).order_by(Folder.name)).all())
say(session.scalars(select(Folder.name).where(Folder.children.any(Folder.size > 5)).order_by(Folder.id)).all())
say(session.scalars(select(Folder.name).where(~Folder.children.any()).order_by(Folder.name)).all())
tree = select(Folder.id, cast(Folder.name, Text).label("path"),
    literal(0).label("depth")).where(Folder.parent_id.is_(None)).cte(
    "tree", recursive=True)
tree = tree.union_all(select(Folder.id, cast(tree.c.path + "/" + Folder.name, Text), tree.c.depth + 1).where(
    Folder.parent_id == tree.c.id))
say(session.execute(select(tree.c.path, tree.c.depth).order_by(tree.c.path)).all())
say(session.execute(select(func.max(tree.c.depth), func.count())).all())
step("all of it goes")
session.delete(top)
session.commit()
say(session.scalar(select(func.count(Folder.id))))
sql()
