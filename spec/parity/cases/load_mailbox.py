"""Loading, a mail box: load_only, defer, undefer, groups, raiseload of columns, with_expression,
with_loader_criteria, self-referential depth, of_type and aliased eager loads, populate_existing, expiry and refresh
with options."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Folder(Base):
    __tablename__ = "folders"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    parent_id = mapped_column(ForeignKey("folders.id"))
    children = relationship("Folder", order_by="Folder.id", join_depth=2, lazy="joined")
    parent = relationship("Folder", remote_side=[id])
    mails = relationship("Mail", back_populates="folder", order_by="Mail.id")


class Mail(Base):
    __tablename__ = "mails"
    id = mapped_column(Integer, primary_key=True)
    folder_id = mapped_column(ForeignKey("folders.id"))
    subject = mapped_column(String(20))
    size = mapped_column(Integer)
    deleted = mapped_column(Boolean, default=False)
    body = deferred(mapped_column(Text), group="content")
    html = deferred(mapped_column(Text), group="content")
    secret = mapped_column(Text, deferred=True, deferred_raiseload=True)
    score = query_expression()
    rank = query_expression(literal(0))
    folder = relationship(Folder, back_populates="mails")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    root = Folder(id=1, name="root", children=[Folder(id=2, name="in", children=[Folder(id=4, name="deep", children=[
        Folder(id=5, name="deeper")])]), Folder(id=3, name="out")])
    s.add(root)
    s.flush()
    for i in range(1, 5):
        s.add(Mail(id=i, folder_id=2 + i % 2, subject="s%d" % i, size=i * 10, deleted=i == 3, body="b%d" % i,
            html="h%d" % i,
                   secret="x"))
    s.commit()
forget()
s = Session(e)
step("columns")
m = s.scalars(select(Mail).order_by(Mail.id)).all()
say(sorted(inspect(m[0]).unloaded), m[0].score, m[0].rank)
say(m[0].html, sorted(inspect(m[0]).unloaded))
error(lambda: m[0].secret)
sql()
s.expunge_all()
m = s.scalars(select(Mail).options(load_only(Mail.subject, Mail.body)).order_by(Mail.id).limit(2)).all()
say(sorted(inspect(m[1]).unloaded), m[1].size, m[1].body)
sql()
s.expunge_all()
m = s.scalars(select(Mail).options(defer(Mail.size, raiseload=True), undefer_group("content"),
    undefer(Mail.secret)).where(
    Mail.id == 1)).one()
say(sorted(inspect(m).unloaded), m.secret, m.html)
error(lambda: m.size)
s.refresh(m, ["size"])
say(m.size)
sql()
s.expunge_all()
m = s.scalars(select(Mail).options(undefer("*")).where(Mail.id == 2)).one()
say(sorted(inspect(m).unloaded))
m = s.scalars(select(Mail).options(defer("*"), undefer(Mail.subject)).where(Mail.id == 3)).one()
say(sorted(inspect(m).unloaded), m.id, m.deleted)
sql()
step("expressions")
q = select(Mail).options(with_expression(Mail.score, Mail.size * 2 + 1)).order_by(Mail.id)
say([(x.id, x.score, x.rank) for x in s.scalars(q)])
say([(x.id, x.score) for x in s.scalars(q.execution_options(populate_existing=True))])
s.expire_all()
say(s.get(Mail, 1).score)
s.expunge_all()
say(s.scalars(q.options(with_expression(Mail.rank, func.length(Mail.subject)))).first().rank)
sql()
s.expunge_all()
step("depth")
r = s.get(Folder, 1)
sql()
say([c.name for c in r.children], [g.name for g in r.children[0].children])
sql()
say(r.children[0].children[0].children[0].name)
sql()
s.expunge_all()
r = s.scalars(select(Folder).where(Folder.parent_id == None).options(selectinload(Folder.children,
    recursion_depth=-1))).unique().one()
say(r.children[0].children[0].children[0].children)
sql()
s.expunge_all()
p = s.scalars(select(Folder).where(Folder.id == 5).options(joinedload(Folder.parent).joinedload(Folder.parent),
    lazyload(
    Folder.children))).unique().one()
say(p.parent.parent.name)
sql()
step("criteria")
s.expunge_all()
alive = with_loader_criteria(Mail, Mail.deleted == False)
for o in (selectinload, joinedload, subqueryload, lazyload):
    f = s.scalars(select(Folder).options(o(Folder.mails), lazyload(Folder.children),
        alive).order_by(Folder.id)).unique().all()
    say([[x.id for x in x.mails] for x in f])
    sql()
    s.expunge_all()
say(s.scalars(select(Mail.id).options(alive).order_by(Mail.id)).all())
say(s.scalars(select(Mail.id).options(with_loader_criteria(Mail, lambda cls: cls.id < 3,
    include_aliases=True)).order_by(
    Mail.id)).all())
f = s.scalars(select(Folder).where(Folder.id == 3).options(selectinload(Folder.mails.and_(Mail.size > 10)), lazyload(
    Folder.children))).unique().one()
say([x.id for x in f.mails])
sql()
s.expunge_all()
step("of alias")
big = aliased(Mail, name="big")
f = s.scalars(select(Folder).join(Folder.mails.of_type(big)).where(big.size > 20).options(
    contains_eager(Folder.mails.of_type(big)), lazyload(Folder.children)).order_by(Folder.id, big.id)).unique().all()
say([[x.id for x in x.mails] for x in f])
sql()
step("existing")
f[0].name = "mine"
with s.no_autoflush:
    say(s.scalars(select(Folder.name).where(Folder.id == f[0].id)).one(), s.scalars(select(Folder).options(lazyload(
        Folder.children)).where(Folder.id == f[0].id)).one().name)
    s.scalars(select(Folder).options(lazyload(Folder.children)).where(Folder.id == f[0].id).execution_options(
        populate_existing=True)).one()
say(f[0].name, len(f[0].mails))
s.expire(f[0], ["mails"])
say(len(f[0].mails))
s.expire(f[0])
s.refresh(f[0])
say(sorted(inspect(f[0]).unloaded), f[0].name)
sql()
