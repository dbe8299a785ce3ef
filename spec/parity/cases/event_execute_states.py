# do_orm_execute: what it knows of a statement, changing it, answering in its place, options and nested loads.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, update, delete, insert, text, func
from sqlalchemy.orm import declarative_base, relationship, Session, selectinload, joinedload

Base = declarative_base()


class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    bio = sqlalchemy.orm.deferred(Column(String(50)))
    books = relationship("Book", back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    price = Column(Integer)
    author_id = Column(ForeignKey("author.id"))
    author = relationship("Author", back_populates="books")


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
s.add_all([Author(name="ann", bio="long", books=[Book(title="x", price=5), Book(title="y", price=9)]),
           Author(name="bob", books=[Book(title="z", price=1)])])
s.commit()
forget()


def tell(state):
    kinds = [k for k in ("is_select", "is_insert", "is_update", "is_delete", "is_orm_statement", "is_column_load",
                         "is_relationship_load") if getattr(state, k)]
    mapper = state.bind_mapper.class_ if state.bind_mapper else None
    say("  .", kinds, mapper, [m.class_ for m in state.all_mappers],
        None if state.is_column_load or state.is_relationship_load else state.parameters,
        state.loader_strategy_path is not None and state.loader_strategy_path[-1].key
        if state.is_relationship_load else None)


event.listen(s, "do_orm_execute", tell)
step("statements of all kinds")
s.scalars(select(Author).order_by(Author.id)).all()
s.execute(select(Book.title, Author.name).join(Book.author)).all()
s.execute(text("SELECT 1")).all()
s.execute(select(func.count(Book.id)))
s.execute(select(Book.__table__.c.id))
s.execute(update(Book).where(Book.price > 8).values(price=8))
s.execute(insert(Author), [{"name": "cy"}, {"name": "di"}])
s.execute(delete(Author).where(Author.name == "di"))
s.execute(select(Book).where(Book.price > sa.bindparam("p")), {"p": 3}).all()
step("loads that are not asked for")
ann = s.get(Author, 1)
say(ann.bio, [b.title for b in ann.books])
s.expire(ann)
say(ann.name)
s.refresh(ann)
s.expire_all()
say([b.author.name for b in s.scalars(select(Book).order_by(Book.id).options(joinedload(Book.author)))])
say([len(a.books) for a in s.scalars(select(Author).order_by(Author.id).options(selectinload(Author.books)))])
event.remove(s, "do_orm_execute", tell)
step("changing a statement")


def cheap(state):
    if state.is_select and not state.is_column_load and not state.is_relationship_load and (
            state.bind_mapper and state.bind_mapper.class_ is Book):
        state.statement = state.statement.where(Book.price < state.execution_options.get("below", 100))


event.listen(s, "do_orm_execute", cheap)
say(s.scalars(select(Book.title).order_by(Book.id)).all())
say(s.scalars(select(Book.title).order_by(Book.id), execution_options={"below": 6}).all())
say(s.scalars(select(Book.title).order_by(Book.id).execution_options(below=2)).all())
event.remove(s, "do_orm_execute", cheap)
step("answering from a store")
store = {}


def cached(state):
    key = state.execution_options.get("key")
    if key:
        if key not in store:
            say("  miss", key)
            store[key] = state.invoke_statement().freeze()
        return store[key]()


event.listen(s, "do_orm_execute", cached)
for _ in range(2):
    say(s.execute(select(Book.title, Book.price).order_by(Book.id).execution_options(key="k")).all())
say([b.title for b in s.scalars(select(Book).order_by(Book.id), execution_options={"key": "b"})])
say([b.title for b in s.scalars(select(Book).order_by(Book.id), execution_options={"key": "b"})])
event.remove(s, "do_orm_execute", cached)
step("twice as many")


def other(state):
    if state.is_update:
        say("  dml", state.is_orm_statement, state.update_delete_options is not None)
        state.update_execution_options(synchronize_session=False)
        return state.invoke_statement(statement=state.statement.where(Book.id == 1))
    if state.is_select and "twice" in state.execution_options:
        return state.invoke_statement(params={"p": 2}, execution_options={"twice": False})


event.listen(s, "do_orm_execute", other)
b = s.get(Book, 1)
say(s.execute(update(Book).values(price=77)).rowcount, b.price)
q = select(Book.title).where(Book.price > sa.bindparam("p")).order_by(Book.id)
say(s.scalars(q, {"p": 50}).all(), s.scalars(q, {"p": 50}, execution_options={"twice": True}).all())
step("end")
s.close()
