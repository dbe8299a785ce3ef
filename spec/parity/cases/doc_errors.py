"""The page of error messages: what causes each of them, its class and its code, and what helps."""
from parity import *
from sqlalchemy import (Column, ForeignKey, Integer, MetaData, String, Table, and_, bindparam, column, create_engine,
                        exc, func, select, table, text)
from sqlalchemy.orm import Session, declarative_base, joinedload, registry, relationship

Base = declarative_base()


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    data = Column(String)
    bs = relationship("B", back_populates="a", cascade="all, delete-orphan")


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    a = relationship("A", back_populates="bs")


def coded(title, fn):
    step(title)
    x = error(fn)
    say(None if isinstance(x, exc.StatementError) else getattr(x, "code", None))


e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
session.add(A(id=1, data="d", bs=[B(id=1), B(id=2)]))
session.commit()
sql()
coded("a bind is missing", lambda: session.execute(text("SELECT :x"), {}))
coded("a bind of a statement", lambda: session.execute(select(A).where(A.id == bindparam("who"))))
coded("a bind under two names", lambda: str(select(A).where(and_(A.id == bindparam("id"), A.id == bindparam("id", unique=True)))))
coded("IntegrityError", lambda: session.execute(A.__table__.insert(), {"id": 1}))
session.rollback()
coded("OperationalError or ProgrammingError", lambda: session.execute(text("SELECT * FROM nothing")))
session.rollback()
coded("rolled back by a flush", lambda: (session.add(A(id=1)), session.flush()))
coded("and not yet said so", lambda: session.execute(select(A)))
session.rollback()
coded("not bound", lambda: Session().execute(select(A)))
a = session.get(A, 1)
session.close()
coded("detached, a collection", lambda: a.bs)
session.add(a)
session.commit()
session.close()
coded("detached, an expired column", lambda: (session.add(a), session.expire(a), session.expunge(a), a.data))
coded("two sessions", lambda: [s.add(a) for s in (Session(e), Session(e))])
keep = Session(e)
b = keep.get(B, 1)
coded("attached elsewhere", lambda: session.add(b))
keep.close()


def configure(**options):
    reg = registry()

    @reg.mapped
    class One:
        __tablename__ = "one"
        id = Column(Integer, primary_key=True)

    @reg.mapped
    class Two:
        __tablename__ = "two"
        id = Column(Integer, primary_key=True)
        one_id = Column(ForeignKey("one.id"))
        one = relationship(One, **options)

    reg.configure()


coded("a cascade of that name", lambda: configure(cascade="all, delete-orphan"))
coded("single_parent", lambda: configure(cascade="all, delete-orphan", single_parent=True))
coded("an unknown cascade", lambda: configure(cascade="everything"))
coded("no primary key", lambda: type("NoKey", (declarative_base(),), {"__tablename__": "nokey", "x": Column(Integer)}))
coded("no table", lambda: type("NoTable", (declarative_base(),), {"x": Column(Integer, primary_key=True)}))
coded("no bool of a clause", lambda: select(A).where(A.id == 1).having(5))
coded("a list for in_", lambda: A.id.in_(5))
coded("a string as a clause", lambda: session.execute(select(A).where("id = 1")))
coded("order by text", lambda: session.execute(select(A).order_by("nothing")).all())
coded("an object of another class", lambda: A.bs.contains(5))
coded("a relationship compared with a number", lambda: str(B.a == 5))
coded("a join to a column", lambda: str(select(A).join(A.data)))
coded("no join fits", lambda: str(select(A).join(table("other", column("id")))))
coded("nothing to join from", lambda: str(select(func.now()).join(B)))
coded("unknown attribute", lambda: session.query(A).filter_by(nothing=1))
coded("an option of another class", lambda: session.scalars(select(A).options(joinedload(B.a))).all())
coded("an option that does not follow", lambda: session.scalars(select(A).options(joinedload(A.bs).joinedload(A.bs))).all())
coded("unique() is wanted", lambda: session.scalars(select(A).options(joinedload(A.bs))).all())
say(len(session.scalars(select(A).options(joinedload(A.bs))).unique().all()))
coded("none found", lambda: session.scalars(select(A).where(A.id == 9)).one())
coded("several found", lambda: session.scalars(select(B)).one())
coded("a result used up", lambda: [r.all() for r in [session.execute(select(A.id))] for _ in range(2)][0])
coded("a closed result", lambda: (lambda r: (r.close(), r.all()))(session.execute(select(A.id))))
coded("rows of an update", lambda: session.execute(A.__table__.update().values(data="x")).all())
session.rollback()
coded("not mapped", lambda: session.add(object()))
coded("not a class of ours", lambda: session.get(int, 1))
coded("no row of that key", lambda: session.get_one(A, 77))
coded("too many keys", lambda: session.get(A, (1, 2)))
coded("refresh of a pending one", lambda: session.refresh(A()))
coded("delete of a pending one", lambda: session.delete(A()))
coded("expunge of a stranger", lambda: session.expunge(A()))
closed = e.connect()
closed.close()
coded("a closed connection", lambda: closed.execute(select(1)))
coded("an unknown dialect", lambda: create_engine("foobar://x"))
coded("a URL that cannot be read", lambda: create_engine("not a url"))
coded("a table twice", lambda: Table("a", Base.metadata, Column("id", Integer)))
coded("a column of no table", lambda: (lambda t: t.create(e))(Table("orphan", MetaData(), Column("x", ForeignKey("nowhere.id")))))
step("the end")
session.close()
sql()
