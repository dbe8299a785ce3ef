"""Every option of a column: keys, defaults, server values, identity, computed, deferred groups, active history."""
from parity import *
from sqlalchemy import (Column, Computed, FetchedValue, ForeignKey, Identity, Integer, MetaData, Numeric, Sequence,
                        String, Text, event, func, inspect, select, text)
from sqlalchemy.orm import Session, declarative_base, defer, mapped_column, relationship, undefer, undefer_group
from sqlalchemy.schema import CreateIndex, CreateTable

Base = declarative_base()
calls = []


def slug(context):
    given = context.get_current_parameters()
    calls.append(sorted(k for k in given if k in ("title", "price", "slug")))
    return "slug-" + given.get("title", "kept")


def counter():
    counter.n = getattr(counter, "n", 0) + 1
    return counter.n


class Section(Base):
    __tablename__ = "sections"
    code = Column(String(5), primary_key=True, comment="short")
    no = Column(Integer, primary_key=True, autoincrement=False)
    label = Column(String(9), name="lbl", key="label_key", info={"shown": True})


class Article(Base):
    __tablename__ = "articles"
    id = mapped_column(Integer, primary_key=True, autoincrement=True, sort_order=-10)
    title = mapped_column(String(40), nullable=False, index=True, comment="what it says")
    slug = mapped_column(String(60), default=slug, onupdate=slug, unique=True)
    serial = mapped_column(Integer, insert_default=counter)
    views = mapped_column(Integer, server_default=text("7"), nullable=False)
    state = mapped_column(String(9), server_default="draft", server_onupdate=FetchedValue())
    price = mapped_column(Integer, default=3)
    total = mapped_column(Integer, Computed("price * 2", persisted=True))
    shout = mapped_column(String(40), default=func.upper("new"), onupdate=func.upper("old"))
    body = mapped_column(Text, deferred=True, deferred_group="long")
    notes = mapped_column(Text, deferred=True, deferred_group="long")
    secret = mapped_column(Text, deferred=True)
    status = mapped_column(String(9), active_history=True)
    first_of_all = mapped_column(Integer, sort_order=-20)
    last_of_all = mapped_column(Integer, sort_order=20)


e = engine()
say([c.name for c in Article.__table__.c])
for name in ["title", "slug", "views", "price", "total", "id", "first_of_all"]:
    c = Article.__table__.c[name]
    say(name, c.nullable, c.unique, c.index, c.primary_key, c.comment, c.autoincrement, c.default is None,
        c.server_default is None, c.onupdate is None, c.computed is None)
lbl = Section.__table__.c.label_key
say(lbl.name, lbl.key, lbl.info, [c.key for c in Section.__table__.c], Section.label.key, select(Section.label))
say(CreateTable(Article.__table__), CreateTable(Section.__table__))
for i in sorted(Article.__table__.indexes, key=lambda i: i.name):
    say(CreateIndex(i), i.unique)
for table in Base.metadata.sorted_tables:
    say(CreateTable(table).compile(dialect=e.dialect) if is_postgresql else table.name)
Base.metadata.create_all(e)
forget()
session = Session(e)
step("defaults")
one = Article(title="One", body="long text", status="new")
say(one.serial, one.price, one.slug, one.views)
session.add(one)
session.flush()
say(inspect(one).unloaded, one.serial, one.price, one.slug, calls)
say(one.views, one.state, one.total, one.shout)
session.commit()
step("given values win")
two = Article(title="Two", slug="mine", serial=None, views=1, price=None, state="open", shout="quiet")
session.add(two)
session.commit()
say(two.slug, two.serial, two.views, two.price, two.total, two.state, two.shout, calls)
step("update")
two.price = 5
session.flush()
say(inspect(two).unloaded)
say(two.slug, two.total, two.shout, two.state, calls)
two.price = func.coalesce(None, 9)
session.flush()
say(two.price, two.total)
step("deferred")
session.expunge_all()
one = session.scalars(select(Article).order_by(Article.id)).first()
say(inspect(one).unloaded)
say(one.body, inspect(one).unloaded)
say(one.secret)
session.expunge_all()
one = session.scalars(select(Article).options(undefer_group("long"), undefer(Article.secret), defer(Article.shout))
                      .order_by(Article.id)).first()
say(inspect(one).unloaded, one.notes)
step("active history")
session.expire(one)
one.status = "done"
say(inspect(one).attrs.status.history)
session.expire(one, ["title"])
one.title = "Un"
say(inspect(one).attrs.title.history)
session.commit()
step("keys")
session.add(Section(code="a", no=1, label="first"))
session.commit()
section = session.get(Section, ("a", 1))
say(section.label, session.execute(select(Section.__table__)).one()._mapping.keys())
error(lambda: session.add(Section(code="b")) or session.flush())
session.rollback()
refused(lambda: Section(lbl="x"))
step("bulk statement")
session.execute(sa.insert(Article), [{"title": "Three"}, {"title": "Four"}])
say(session.execute(select(Article.title, Article.slug, Article.serial, Article.price, Article.shout, Article.views)
                    .where(Article.id > 2).order_by(Article.id)).all(), calls)
session.execute(sa.update(Article).where(Article.id > 2).values(price=Article.price + 1, slug=None))
say(session.execute(select(Article.slug, Article.price, Article.shout).where(Article.id > 2)).all())
session.close()
step("sequence and identity")
md = MetaData()
t = sa.Table("seq", md, Column("id", Integer, Identity(start=5, increment=2), primary_key=True),
             Column("n", Integer, Sequence("n_seq", start=100)))
say(CreateTable(t), t.c.id.identity.start, t.c.n.default.name, t.c.id.server_default is None)
if is_postgresql:
    md.create_all(e)
    with e.begin() as conn:
        conn.execute(t.insert())
        conn.execute(t.insert())
        say(conn.execute(select(t).order_by(t.c.id)).all())
sql()
