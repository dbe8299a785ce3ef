"""Composite keys: get, the identity map, lazy and eager loading, tuples, joins and NULL parts."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, func, inspect, select, tuple_
from sqlalchemy import orm
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload, subqueryload

Base = declarative_base()


class Page(Base):
    __tablename__ = "pages"
    book = Column(String(10), primary_key=True)
    number = Column(Integer, primary_key=True, autoincrement=False)
    text = Column(String(30))
    notes = relationship("Note", back_populates="page", order_by="Note.id")


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    body = Column(String(30))
    page_book = Column(String(10))
    page_number = Column(Integer)
    page = relationship("Page", back_populates="notes")
    links = relationship("Link", back_populates="note", order_by="Link.target", cascade="all, delete-orphan")
    __table_args__ = (ForeignKeyConstraint(["page_book", "page_number"], ["pages.book", "pages.number"]),)


class Link(Base):
    __tablename__ = "links"
    note_id = Column(ForeignKey("notes.id"), primary_key=True)
    target = Column(String(10), primary_key=True)
    weight = Column(Integer)
    note = relationship("Note", back_populates="links")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([
        Page(book="a", number=1, text="a1", notes=[Note(id=1, body="n1", links=[Link(target="x", weight=1),
            Link(target="y", weight=2)]), Note(id=2, body="n2")]),
        Page(book="a", number=2, text="a2"), Page(book="b", number=1, text="b1", notes=[Note(id=3,
            body="n3")]), Note(id=4, body="half", page_book="a")])
    s.commit()
forget()

step("get")
with Session(e) as s:
    page = s.get(Page, ("a", 1))
    say(page.text, s.get(Page, {"number": 1, "book": "a"}) is page, s.get(Page, ("z", 1)))
    say(inspect(page).identity, inspect(page).identity_key[1])
    error(lambda: s.get(Page, "a"))
    error(lambda: s.get(Page, ("a", 1, 2)))
    error(lambda: s.get(Page, {"book": "a"}))
    link = s.get(Link, (1, "x"))
    say(link.weight, link.note.body)
step("lazy")
with Session(e) as s:
    page = s.get(Page, ("a", 1))
    notes = page.notes
    say([n.body for n in notes], notes[0].page is page)
    half = s.get(Note, 4)
    say(half.page)
    far = s.get(Note, 3)
    say(far.page.text)
for name in ("selectinload", "joinedload"):
    step(name)
    with Session(e) as s:
        stmt = select(Page).options(getattr(orm, name)(Page.notes)).order_by(Page.book, Page.number)
        pages = s.scalars(stmt).unique().all()
        say([[p.text, [n.body for n in p.notes]] for p in pages])
    with Session(e) as s:
        stmt = select(Note).options(getattr(orm, name)(Note.page)).order_by(Note.id)
        notes = s.scalars(stmt).unique().all()
        say([n.page and n.page.text for n in notes])
step("chains")
with Session(e) as s:
    stmt = select(Page).options(selectinload(Page.notes).selectinload(Note.links)).order_by(Page.book, Page.number)
    pages = s.scalars(stmt).all()
    say([[[l.target for l in n.links] for n in p.notes] for p in pages])
with Session(e) as s:
    stmt = select(Page).options(joinedload(Page.notes)
        .joinedload(Note.links)).where(Page.book == "a").order_by(Page.number).limit(1)
    pages = s.scalars(stmt).unique().all()
    say([[[l.weight for l in n.links] for n in p.notes] for p in pages])
step("criteria")
with Session(e) as s:
    page = s.get(Page, ("b", 1))
    say([n.body for n in s.scalars(select(Note).where(Note.page == page))])
    say([n.body for n in s.scalars(select(Note).where(Note.page == None).order_by(Note.id))])
    say([n.body for n in s.scalars(select(Note).where(Note.page != page).order_by(Note.id))])
    say([n.body for n in s.scalars(select(Note).where(Note.page.has(text="a1")).order_by(Note.id))])
    say([p.text for p in s.scalars(select(Page).where(Page.notes.any(body="n3")))])
    say([p.text for p in s.scalars(select(Page).where(Page.notes.contains(s.get(Note, 1))))])
    say([p.text for p in s.scalars(select(Page).where(tuple_(Page.book, Page.number).in_([("a", 2), ("b",
        1)])).order_by(Page.book))])
    say(s.execute(select(Page.text, func.count(Note.id)).outerjoin(Page.notes).group_by(Page.book, Page.number,
        Page.text).order_by(Page.text)).all())
step("changes of keys")
with Session(e) as s:
    note = s.get(Note, 2)
    note.page = s.get(Page, ("a", 2))
    say(note.page_number)
    s.flush()
    say(note.page_number, [n.id for n in s.get(Page, ("a", 1)).notes])
    note.page = None
    s.flush()
    say(note.page_book, note.page_number)
    link = s.get(Link, (1, "x"))
    link.target = "q"
    s.flush()
    say(inspect(link).identity, s.get(Link, (1, "q")) is link, s.get(Link, (1, "x")))
    s.expire(link)
    say(link.weight)
    s.refresh(link, ["weight"])
    s.rollback()
step("the orphan")
with Session(e) as s:
    note = s.get(Note, 1)
    note.links.pop(0)
    s.flush()
    say([l.target for l in note.links])
    s.rollback()
step("end")
