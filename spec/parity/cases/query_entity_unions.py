"""Unions of entities at work: feeds of two tables, aliased over unions, from_statement with loaders, CTEs."""
from parity import *
from sqlalchemy import (Column, ForeignKey, Integer, String, case, cast, except_, func, inspect, literal, literal_column,
                        null, select, type_coerce, union, union_all)
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, defer, joinedload, load_only, relationship,
                            selectinload, subqueryload)

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column("user_name", String(30))
    posts = relationship("Post", back_populates="user", order_by="Post.id")
    photos = relationship("Photo", back_populates="user", order_by="Photo.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    day = Column(Integer)
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="posts")


class Photo(Base):
    __tablename__ = "photos"
    id = Column(Integer, primary_key=True)
    file = Column(String(30))
    day = Column(Integer)
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="photos")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([User(id=1, name="ann", posts=[Post(id=1, title="p1", day=3), Post(id=2, title="p2", day=1)],
                    photos=[Photo(id=1, file="f1", day=2)]),
               User(id=2, name="bob", posts=[Post(id=3, title="p3", day=5)]),
               User(id=3, name="cid", photos=[Photo(id=2, file="f2", day=4)])])
    s.commit()
forget()

step("a feed")
with Session(e) as s:
    feed = union_all(select(literal("post").label("kind"), Post.id, Post.title.label("what"), Post.day, Post.user_id),
                     select(literal("photo").label("kind"), Photo.id, Photo.file, Photo.day, Photo.user_id))
    for row in s.execute(feed.order_by("day")):
        say(row, row.kind, row.what)
    f = feed.subquery("feed")
    say(s.execute(select(User.name, f.c.kind, f.c.what).join(f, f.c.user_id == User.id).order_by(f.c.day.desc())
                  .limit(3)).all())
    say(s.execute(select(f.c.kind, func.count()).group_by(f.c.kind).order_by(f.c.kind)).all())
step("writers of either")
writers = union(select(Post.user_id), select(Photo.user_id))
with Session(e) as s:
    say([u.name for u in s.scalars(select(User).where(User.id.in_(writers)).order_by(User.id))])
    both = select(Post.user_id).intersect(select(Photo.user_id))
    say([u.name for u in s.scalars(select(User).where(User.id.in_(both)))])
    only = select(User.id).except_(select(Photo.user_id))
    say([u.name for u in s.scalars(select(User).where(User.id.in_(only)).order_by(User.id))])
    say(s.scalars(only.order_by("id")).all())
step("an entity over a union")
for options in (lambda a: [], lambda a: [selectinload(a.posts)], lambda a: [joinedload(a.posts)],
                lambda a: [subqueryload(a.posts)], lambda a: [load_only(a.name)]):
    with Session(e) as s:
        u = union(select(User).where(User.name == "ann"), select(User).join(User.photos)).subquery()
        ua = aliased(User, u)
        stmt = select(ua).options(*options(ua)).order_by(ua.id)
        say([[x.name, len(x.posts)] for x in s.scalars(stmt).unique()])
    step("next")
step("from_statement")
with Session(e) as s:
    u = union_all(select(User).where(User.id == 2), select(User).where(User.id == 1)).order_by("id")
    say([x.name for x in s.scalars(select(User).from_statement(u))])
    s.expunge_all()
    say([[x.name, [p.title for p in x.posts]] for x in s.scalars(
        select(User).options(selectinload(User.posts)).from_statement(u))])
    s.expunge_all()
    say([sorted(inspect(x).unloaded) for x in s.scalars(select(User).from_statement(u).options(defer(User.name)))])
step("two entities from a union")
with Session(e) as s:
    one = select(User, Post).join(User.posts)
    u = union_all(one.where(Post.day < 2), one.where(Post.day > 4)).subquery("u")
    ua, pa = aliased(User, u, name="ua"), aliased(Post, u, name="pa")
    say([[x.name, p.title] for x, p in s.execute(select(ua, pa).order_by(pa.id))])
    say([c.key for c in u.c])
step("a cte of a union, used twice")
with Session(e) as s:
    days = union(select(Post.day), select(Photo.day)).cte("days")
    d2 = days.alias("d2")
    say(s.execute(select(days.c.day, d2.c.day).join(d2, d2.c.day == days.c.day + 1).order_by(days.c.day)).all())
    say(s.scalar(select(func.max(days.c.day)).select_from(days)))
    say([p.title for p in s.scalars(select(Post).join(days, days.c.day == Post.day).order_by(Post.id))])
step("nested and limited parts")
with Session(e) as s:
    newest = select(Post).order_by(Post.day.desc()).limit(1).subquery()
    oldest = select(Post).order_by(Post.day).limit(1).subquery()
    u = union_all(select(newest), select(oldest)).subquery()
    pu = aliased(Post, u)
    say([[p.title, p.user.name] for p in s.scalars(select(pu).order_by(pu.day))])
    inner = union(select(User.id).where(User.id == 1), select(User.id).where(User.id == 2))
    say(s.scalars(union_all(inner.subquery().select(), select(User.id).where(User.id == 3)).order_by("id")).all())
    say(str(union_all(inner, select(User.id)).order_by("id").limit(2).offset(1)))
    say(str(except_(select(User.id), inner)))
step("columns by name")
u = union(select(User.id, User.name), select(Post.id, Post.title))
say(u.selected_columns.keys(), [c.key for c in u.subquery().c], str(u))
with Session(e) as s:
    say(s.execute(u.order_by(u.selected_columns.name)).all())
    say(s.execute(u.order_by(literal_column("2").desc()).limit(2)).all())
    say(list(s.execute(u).keys()))
step("nothing in place of a column")
with Session(e) as s:
    u = union_all(select(Post.id, Post.title, null().label("file")), select(Photo.id, null(), Photo.file)).subquery()
    say(s.execute(select(u).order_by(u.c.id, u.c.title.is_(None))).all())
step("the legacy query")
with Session(e) as s:
    a = s.query(User).filter(User.id == 1)
    say([x.name for x in a.union(s.query(User).filter(User.id == 3)).order_by(User.name.desc())])
    say([[x.name, len(x.posts)] for x in a.union_all(s.query(User).join(User.posts)).options(joinedload(User.posts))
         .order_by(User.id)])
    say(a.union(s.query(User)).join(User.posts).with_entities(User.name, Post.title).order_by(Post.id).all())
step("refused")
with Session(e) as s:
    error(lambda: s.execute(union(select(User.id), select(User.id, User.name))).all())
    error(lambda: str(union(select(User.id), select(User.id, User.name))))
    error(lambda: s.scalars(union(select(User)).options(selectinload(User.posts))))
step("end")
