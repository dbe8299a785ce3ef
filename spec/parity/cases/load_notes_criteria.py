"""with_loader_criteria and relationship.and_(): over lazy, selectin, joined, subquery loads, joins, any/has, aliases,
subclasses of a mixin, refresh and get, and how long the criteria stay with an object."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Hidden:
    hidden = mapped_column(Boolean, default=False)


class Book(Hidden, Base):
    __tablename__ = "book"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    notes = relationship("Note", back_populates="book", order_by="Note.id")
    tags = relationship("Tag", secondary="book_tag", order_by="Tag.id")


class Note(Hidden, Base):
    __tablename__ = "note"
    id = mapped_column(Integer, primary_key=True)
    book_id = mapped_column(ForeignKey("book.id"))
    lang = mapped_column(String(5))
    book = relationship(Book, back_populates="notes")
    replies = relationship("Reply", order_by="Reply.id")


class Reply(Hidden, Base):
    __tablename__ = "reply"
    id = mapped_column(Integer, primary_key=True)
    note_id = mapped_column(ForeignKey("note.id"))


class Tag(Base):
    __tablename__ = "tag"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))


book_tag = Table("book_tag", Base.metadata, Column("book_id", ForeignKey("book.id"), primary_key=True),
                 Column("tag_id", ForeignKey("tag.id"), primary_key=True))
e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    t = [Tag(id=1, name="red"), Tag(id=2, name="blue")]
    s.add_all([Book(id=1, title="A", tags=t), Book(id=2, title="B", tags=[t[1]]), Book(id=3, title="C", hidden=True)])
    for i in range(1, 7):
        s.add(Note(id=i, book_id=(i + 1) // 2, lang="en" if i % 2 else "de", hidden=(i == 2)))
        s.add(Reply(id=i, note_id=i, hidden=(i == 3)))
    s.commit()
forget()


def book_lines(books):
    for b in books:
        say(b.title, [(n.id, [r.id for r in n.replies]) for n in b.notes], [t.name for t in b.tags])


def show(title, *options):
    step(title)
    with Session(e) as s:
        books = s.scalars(select(Book).order_by(Book.id).options(*options)).unique().all()
        book_lines(books)
        sql()
        s.expire_all()
        say([[n.id for n in b.notes] for b in books])
        sql()
    forget()


english = with_loader_criteria(Note, Note.lang == "en")
visible = with_loader_criteria(Hidden, lambda cls: cls.hidden == False, include_aliases=True)
show("lazy", english)
show("selectin", english, selectinload(Book.notes).selectinload(Note.replies))
show("joined", english, joinedload(Book.notes).joinedload(Note.replies))
show("subquery", english, subqueryload(Book.notes))
show("mixin", visible)
show("mixin joined", visible, joinedload(Book.notes).selectinload(Note.replies))
show("two together", visible, english)
show("secondary", with_loader_criteria(Tag, Tag.name == "blue"), selectinload(Book.tags))
show("not propagated", with_loader_criteria(Note, Note.lang == "de", propagate_to_loaders=False))
show("by relationship", selectinload(Book.notes.and_(Note.lang == "de")))
show("by relationship joined", joinedload(Book.notes.and_(Note.lang == "de", Note.id > 2)).selectinload(
    Note.replies.and_(Reply.id != 4)))
show("by relationship lazy", lazyload(Book.notes.and_(Note.id < 4)))
show("by relationship subquery", subqueryload(Book.notes.and_(Note.id < 4)), english)
step("queries")
with Session(e) as s:
    say(s.execute(select(Book.title, Note.id).join(Book.notes).order_by(Note.id).options(english)).all())
    say(s.execute(select(Book.title, Note.id).outerjoin(Book.notes).order_by(Book.id, Note.id).options(visible)).all())
    say(s.execute(select(Book.title, func.count(Note.id)).join(Book.notes.and_(Note.lang == "en")).group_by(Book.title)
                  .order_by(Book.title)).all())
    say(s.scalars(select(Book.title).where(Book.notes.any(Note.id > 2)).order_by(Book.id).options(english, visible)).all())
    n2 = aliased(Note)
    say(s.execute(select(Note.id, n2.id).join(n2, Note.book_id == n2.book_id).order_by(Note.id, n2.id).options(english)).all())
    say(s.execute(select(Note.id, n2.id).join(n2, Note.book_id == n2.book_id).order_by(Note.id, n2.id).options(
        with_loader_criteria(Note, lambda cls: cls.lang == "en", include_aliases=True))).all())
    sub = select(Note).where(Note.id > 1).subquery()
    ns = aliased(Note, sub)
    say([n.id for n in s.scalars(select(ns).order_by(ns.id).options(english))])
    say(s.scalar(select(func.count()).select_from(Note).options(english)))
    say(s.scalars(select(Note.id).where(Note.book.has(Book.title == "A")).options(visible).order_by(Note.id)).all())
    sql()
step("get and refresh")
with Session(e) as s:
    say(s.get(Book, 3, options=[visible]))
    b = s.get(Book, 1, options=[english])
    say([n.id for n in b.notes])
    s.refresh(b)
    say([n.id for n in b.notes])
    s.refresh(b, ["notes"])
    say([n.id for n in b.notes])
    b2 = s.scalars(select(Book).where(Book.id == 1).options(with_loader_criteria(Note, Note.lang == "de"),
                   selectinload(Book.notes))).one()
    say(b2 is b, [n.id for n in b2.notes])
    b2 = s.scalars(select(Book).where(Book.id == 1).options(with_loader_criteria(Note, Note.lang == "de"),
                   selectinload(Book.notes)).execution_options(populate_existing=True)).one()
    say(b2 is b, [n.id for n in b2.notes])
    sql()
step("session wide")
with Session(e) as s:
    @event.listens_for(s, "do_orm_execute")
    def _hide(state):
        say("execute", state.is_select, state.is_relationship_load, state.is_column_load)
        if state.is_select and not state.is_column_load and not state.is_relationship_load:
            state.statement = state.statement.options(visible)

    book_lines(s.scalars(select(Book).options(selectinload(Book.notes)).order_by(Book.id)).all())
    say(s.get(Note, 2))
    say(s.execute(update(Note).where(Note.lang == "de").values(lang="fr")).rowcount)
    say([n.lang for n in s.scalars(select(Note).order_by(Note.id))])
    sql()
