"""merge of graphs: collections replaced, association objects, trees, keyed collections, loads, cascades that stop."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, inspect, select
from sqlalchemy.orm import (Session, attribute_keyed_dict, backref, declarative_base, joinedload, relationship,
    selectinload)

Base = declarative_base()
tagging = Table("tagging", Base.metadata, Column("doc_id", ForeignKey("doc.id"), primary_key=True),
                Column("tag_id", ForeignKey("tag.id"), primary_key=True))


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    owner_id = Column(ForeignKey("owner.id"))
    parent_id = Column(ForeignKey("doc.id"))
    owner = relationship("Owner", backref="docs")
    tags = relationship("Tag", secondary=tagging, order_by="Tag.id")
    notes = relationship("Note", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    children = relationship("Doc", backref=backref("parent", remote_side=id), order_by="Doc.id")


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    secret = relationship("Secret", uselist=False, cascade="save-update", back_populates="owner")


class Secret(Base):
    __tablename__ = "secret"
    id = Column(Integer, primary_key=True)
    word = Column(String(30))
    owner_id = Column(ForeignKey("owner.id"))
    owner = relationship(Owner, back_populates="secret")


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))


class Note(Base):
    __tablename__ = "note"
    doc_id = Column(ForeignKey("doc.id"), primary_key=True)
    key = Column(String(10), primary_key=True)
    body = Column(String(30))


db = engine()
Base.metadata.create_all(db)
forget()
with Session(db) as s, s.begin():
    s.add(Doc(id=1, title="one", owner=Owner(id=1, name="ann", secret=Secret(id=1, word="x")),
              tags=[Tag(id=1, name="red"), Tag(id=2, name="blue")], notes={"a": Note(key="a", body="note a")},
              children=[Doc(id=2, title="two"), Doc(id=3, title="three", children=[Doc(id=4, title="four")])]))


def show(doc):
    say(doc.id, doc.title, doc.owner and doc.owner.name, [t.name for t in doc.tags],
        {k: n.body for k, n in doc.notes.items()}, [c.title for c in doc.children])


forget()
step("a graph put together by hand")
with Session(db) as s:
    merged = s.merge(Doc(id=1, title="ONE", owner=Owner(id=1, name="ANN"), tags=[Tag(id=2, name="BLUE"),
                         Tag(id=3, name="green")], notes={"b": Note(key="b", body="note b")}))
    sql()
    say(sorted(type(o).__name__ for o in s.new), sorted(type(o).__name__ for o in s.dirty))
    say(inspect(merged).attrs.title.history, inspect(merged).attrs.tags.history)
    s.flush()
    sql()
    show(merged)
    s.rollback()

step("what is not set is left alone")
with Session(db) as s:
    merged = s.merge(Doc(id=1, title="only the title"))
    say(list(inspect(merged).unmodified) == [], inspect(merged).attrs.tags.history, "children" in merged.__dict__)
    s.flush()
    sql()
    show(merged)

step("a detached tree")
with Session(db) as s:
    tree = s.scalars(select(Doc).filter_by(id=1).options(
        selectinload(Doc.children).selectinload(Doc.children), joinedload(Doc.owner))).one()
tree.title = "root"
tree.children[1].children[0].title = "leaf"
tree.children.pop(0)
tree.owner.name = "anna"
forget()
with Session(db) as s:
    merged = s.merge(tree)
    say(sorted(o.title for o in s.dirty if isinstance(o, Doc)), len(s.new))
    say(merged is tree, merged.owner is tree.owner, merged.children[0].children[0].title, merged.owner.docs[0].title)
    forget()
    s.commit()
    sql()
    say(s.execute(select(Doc.id, Doc.title, Doc.parent_id).order_by(Doc.id)).all())

step("merge with options")
forget()
with Session(db) as s:
    merged = s.merge(Doc(id=1, title="loaded"), options=[selectinload(Doc.tags)])
    say("tags" in merged.__dict__, "notes" in merged.__dict__)
    sql()
with Session(db) as s:
    for each in [s.merge(tag) for tag in (Tag(id=1, name="crimson"), Tag(id=9, name="new"))]:
        say(each.id, each.name, inspect(each).persistent)
    s.rollback()

step("load=False")
with Session(db) as s:
    tree = s.scalars(select(Doc).filter_by(id=1).options(selectinload(Doc.tags))).one()
forget()
with Session(db) as s:
    merged = s.merge(tree, load=False)
    say(merged.title, [t.name for t in merged.tags], s.is_modified(merged), list(s.dirty), len(s.identity_map))
    sql()
    tree.title = "dirty"
    s.expunge_all()
    error(lambda: s.merge(tree, load=False))
    error(lambda: s.merge(Doc(id=1, title="transient"), load=False))

step("the cascade stops at secret")
with Session(db) as s:
    owner = Owner(id=1, name="ann", secret=Secret(id=1, word="y"))
    merged = s.merge(owner)
    say(merged.name, merged.secret.word, merged.secret is owner.secret, owner.secret in s)

step("of what is there already")
with Session(db) as s:
    doc = s.get(Doc, 1)
    say(s.merge(doc) is doc)
    pending = Tag(id=12, name="pending")
    s.add(pending)
    say(s.merge(pending) is pending, s.merge(Tag(id=12, name="again")) is pending, pending.name)
    s.delete(doc.children[0])
    error(lambda: s.merge(42))
    again = s.merge(Tag(name="no key"))
    say(inspect(again).pending, again.id)
    s.rollback()

step("None and missing")
with Session(db) as s:
    merged = s.merge(Doc(id=1, owner=None, tags=[]))
    s.flush()
    show(merged)
    merged = s.merge(Doc(id=77, title="new one", children=[Doc(id=2)]))
    say(inspect(merged).pending, merged.children[0].title)
    s.commit()
    say(s.get(Doc, 2).parent.title)
