"""Options and fields of sessions, sessionmaker and scoped_session: autoflush, expiry, binds, two phases, join modes."""
from parity import *
from sqlalchemy import Column, Integer, String, event, func, inspect, select
from sqlalchemy.orm import Query, Session, declarative_base, scoped_session, sessionmaker

Base = declarative_base()


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String(30))


class Audit(Base):
    __tablename__ = "audits"
    id = Column(Integer, primary_key=True)
    what = Column(String(20))


e = engine()
other = engine("sqlite://")
Base.metadata.create_all(e)
Base.metadata.create_all(other)
forget()


def count(session, cls=Note):
    return session.scalar(select(func.count(cls.id)))


step("autoflush")
s = Session(e, autoflush=False)
s.add(Note(text="a"))
say(s.autoflush, count(s), len(s.new))
s.autoflush = True
say(count(s), len(s.new))
s.rollback()
step("expire_on_commit")
for flag in (True, False):
    s = Session(bind=e, expire_on_commit=flag, info={"flag": flag})
    n = Note(text="n")
    s.add(n)
    s.commit()
    say(s.expire_on_commit, inspect(n).unloaded, s.info, s.bind is e)
    s.close()
step("sessionmaker")
Maker = sessionmaker(e, expire_on_commit=False, info={"app": 1})
with Maker.begin() as s:
    s.add(Note(text="made"))
    say(s.info, s.expire_on_commit)
with Maker(info={"req": 2}, autoflush=False) as s:
    say(s.info, s.autoflush, count(s))
Maker.configure(autoflush=False, info={"app": 3})
s = Maker()
say(s.autoflush, s.info, Maker.kw["autoflush"], Maker().bind is e)
s.close()
try:
    with Maker.begin() as s:
        s.add(Note(text="undone"))
        s.flush()
        raise LookupError("stop")
except LookupError:
    say(count(Maker()))
class Tagged(Session):
    def tag(self):
        return "tagged %d" % len(self.new)
Custom = sessionmaker(class_=Tagged, bind=e)
say(Custom().tag())
step("events on the factory")
log = []
def after_begin(session, transaction, connection):
    log.append(("begin", transaction.nested))
event.listen(Maker, "after_begin", after_begin)
event.listen(Maker, "before_commit", lambda session: log.append("commit"), once=True)
with Maker.begin() as s:
    s.add(Note(text="heard"))
with Maker.begin() as s:
    count(s)
say(log, event.contains(Maker, "after_begin", after_begin))
event.remove(Maker, "after_begin", after_begin)
with Maker.begin() as s:
    count(s)
say(len(log))
step("binds")
s = Session(binds={Note: e, Audit: other})
say(s.get_bind(Note) is e, s.get_bind(Audit) is other, s.get_bind(clause=select(Audit)) is other)
s.add_all([Note(text="here"), Audit(what="there")])
s.commit()
say(count(s), count(s, Audit), s.connection(bind_arguments={"mapper": Audit}).engine is other)
s.rollback()
error(lambda: s.get_bind())
error(lambda: s.execute(sa.text("select 1")))
s.close()
s = Session(e, binds={Audit.__table__: other})
s.bind_mapper(Note, other)
say(count(s), s.get_bind(Audit) is other, s.get_bind() is e)
s.bind_table(Note.__table__, e)
s.close()
error(lambda: Session().execute(select(Note)))
step("scoped_session")
current = ["a"]
registry = scoped_session(Maker, scopefunc=lambda: current[0])
first = registry()
say(registry() is first, registry.registry.has())
registry.add(Note(text="scoped"))
say(len(registry.new), registry.is_active, registry.bind is e, registry.autoflush)
current[0] = "b"
say(registry() is first, len(registry.new))
registry.remove()
current[0] = "a"
error(lambda: registry(autoflush=True))
registry.commit()
say([n.text for n in registry.scalars(select(Note).order_by(Note.id.desc()).limit(1))], registry.get(Note, 0))
say(registry.execute(registry.query(Note).filter_by(text="scoped").statement).scalar_one().id is not None)
registry.remove()
say(registry() is first)
registry.configure(expire_on_commit=True)
registry.remove()
say(registry().expire_on_commit)
Note.query = registry.query_property()
say(Note.query.filter(Note.text == "made").count())
registry.remove()
step("query_cls")
class Short(Query):
    def texts(self):
        return [n.text for n in self.order_by(Note.id).limit(2)]
s = Session(e, query_cls=Short)
say(s.query(Note).texts(), s.query(Note).filter(Note.id > 1).texts())
s.close()
step("join modes")
for mode in ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"):
    with e.connect() as conn:
        outer = conn.begin()
        s = Session(conn, join_transaction_mode=mode)
        s.add(Note(text=mode))
        s.commit()
        say(mode, outer.is_active, conn.in_transaction())
        s.add(Note(text="again"))
        s.flush()
        s.rollback()
        say(outer.is_active)
        s.close()
        if outer.is_active:
            outer.rollback()
        sql()
    s = Session(e)
    say(count(s))
    s.execute(sa.delete(Note).where(Note.text == mode))
    s.commit()
    forget()
error(lambda: Session(e, join_transaction_mode="sometimes"))
step("two phases")
if is_postgresql:
    s = Session(e, twophase=True)
    s.add(Note(text="2p"))
    s.flush()
    error(lambda: s.prepare())
    s.rollback()
forget()
step("wrong use")
refused(lambda: Session(e, autoflsh=True))
s = Session(e, autobegin=False)
error(lambda: s.add(Note(text="x")))
error(lambda: count(s))
s.begin()
say(count(s) > 1)
error(lambda: s.begin())
s.rollback()
forget()
