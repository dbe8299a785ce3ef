"""Extensions, caching: pages of a wiki in a region of dogpile's interface; get_or_create, deletion, statement options
that read from the cache, parameters as part of the key, objects merged into a session, what is emitted and what is
not."""
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm import loading
from sqlalchemy.orm.interfaces import UserDefinedOption
from parity import *

NO_VALUE = None


class Region:
    """What dogpile's region of the memory backend does."""

    def __init__(self):
        self.data = {}

    def configure(self, backend, expiration_time=None):
        return self

    def get(self, key):
        return self.data.get(key)

    def set(self, key, value):
        self.data[key] = value

    def delete(self, key):
        self.data.pop(key, None)

    def get_or_create(self, key, creator):
        if key not in self.data:
            self.data[key] = creator()
        return self.data[key]

    def get_multi(self, keys):
        return [self.data.get(k) for k in keys]

    def set_multi(self, mapping):
        self.data.update(mapping)

    def delete_multi(self, keys):
        for k in keys:
            self.delete(k)

    def invalidate(self):
        self.data.clear()


class FromCache(UserDefinedOption):
    propagate_to_loaders = False

    def __init__(self, region="default", cache_key=None):
        self.region, self.cache_key = region, cache_key


class ORMCache:
    def __init__(self, regions):
        self.regions = regions

    def listen_on_session(self, factory):
        event.listen(factory, "do_orm_execute", self.execute)

    def key(self, statement, opt):
        return opt.cache_key or str(statement) + str(sorted(statement.compile().params.items()))

    def execute(self, state):
        for opt in state.user_defined_options:
            if isinstance(opt, FromCache):
                value = self.regions[opt.region].get_or_create(
                    self.key(state.statement, opt), lambda: state.invoke_statement().freeze())
                return loading.merge_frozen_result(state.session, state.statement, value, load=False)()

    def invalidate(self, statement, parameters, opt):
        self.regions[opt.region].delete(self.key(statement, opt))


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "pages"
    id = mapped_column(Integer, primary_key=True)
    title = mapped_column(String(20))
    body = mapped_column(String(40))
    notes = relationship("Note", order_by="Note.id")


class Note(Base):
    __tablename__ = "notes"
    id = mapped_column(Integer, primary_key=True)
    page_id = mapped_column(ForeignKey("pages.id"))
    text = mapped_column(String(20))


region, other = Region().configure("memory", expiration_time=3600), Region().configure("memory")
step("region")
region.set("a", 1)
calls = []


def make():
    calls.append("made")
    return "value"


say(region.get("a"), region.get("b") == NO_VALUE, region.get_or_create("c", make), region.get_or_create("c", make),
    len(calls))
region.delete("c")
say(region.get_or_create("c", make), len(calls))
region.set_multi({"x": 1, "y": 2})
say(region.get_multi(["x", "y"]))
region.delete_multi(["x", "y"])
say(region.get("x") == NO_VALUE, region.get("a"))
region.invalidate()
say(region.get("a") == NO_VALUE)
e = engine()
Base.metadata.create_all(e)
forget()
Maker = sessionmaker(e)
cache = ORMCache({"default": region, "other": other})
cache.listen_on_session(Maker)
with Maker.begin() as s:
    for i in range(1, 6):
        s.add(Page(id=i, title="p%d" % i, body="body %d" % i, notes=[Note(id=i, text="n%d" % i)]))
forget()
step("first and second")
for turn in range(2):
    with Maker() as s:
        pages = s.scalars(select(Page).options(FromCache("default")).where(Page.id < 4).order_by(Page.id)).all()
        say([p.title for p in pages], inspect(pages[0]).persistent, pages[0] in s, s.get(Page, 1) is pages[0])
        sql()
step("parameters")
for n in (2, 3, 2):
    with Maker() as s:
        say(s.scalars(select(Page.title).options(FromCache("default")).where(Page.id == n)).all())
        sql()
step("rows and limits")
for turn in range(2):
    with Maker() as s:
        say(s.execute(select(Page.id, Page.title).options(FromCache("other")).order_by(Page.id.desc()).limit(2)).all())
        say(s.execute(select(Page.id, func.length(Page.body).label("n")).options(FromCache("other"))
            .order_by(Page.id)).first().n)
        sql()
step("named keys")
for title in ("p1", "p2"):
    with Maker() as s:
        say(s.scalars(select(Page).options(FromCache("default",
            cache_key="mine")).where(Page.title == title)).one().title)
        sql()
step("objects")
with Maker() as s:
    q = select(Page).options(FromCache("default")).where(Page.id < 4).order_by(Page.id)
    one = s.get(Page, 1)
    sql()
    pages = s.scalars(q).all()
    say(pages[0] is one, [n.text for n in pages[1].notes], s.is_modified(pages[1]))
    sql()
    two = s.scalars(select(Page).where(Page.id == 2)).one()
    say(two is pages[1])
    sql()
step("eager")
for turn in range(2):
    with Maker() as s:
        q = select(Page).options(selectinload(Page.notes), FromCache("other")).where(Page.id == 5)
        say([[n.text for n in p.notes] for p in s.scalars(q)])
        sql()
step("invalidate one")
q = select(Page.title).options(FromCache("default")).where(Page.id == 2)
with e.begin() as c:
    c.execute(update(Page.__table__).where(Page.id == 2).values(title="new"))
forget()
with Maker() as s:
    say(s.scalars(q).all())
    sql()
    cache.invalidate(q, {}, FromCache("default"))
    say(s.scalars(q).all())
    sql()
    say(s.scalars(q).all())
    sql()
step("without")
with Maker() as s:
    say(s.scalars(select(Page.title).where(Page.id == 2)).all(),
        s.scalars(select(Page.title).where(Page.id == 2)).all())
    sql()
    refused(lambda: s.scalars(select(Page).options(FromCache("nothing"))).all())
