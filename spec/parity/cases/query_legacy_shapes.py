"""The legacy Query as a builder: entities put in and taken out, subqueries, attributes of itself, parents, unions."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, desc, exists, func, literal, or_, select, text
from sqlalchemy.orm import (Bundle, Query, Session, aliased, contains_eager, declarative_base, joinedload, lazyload,
                            relationship, selectinload, with_parent)

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    age = Column(Integer)
    posts = relationship("Post", back_populates="user", order_by="Post.id", lazy="dynamic")
    letters = relationship("Letter", back_populates="user", order_by="Letter.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="posts")


class Letter(Base):
    __tablename__ = "letters"
    id = Column(Integer, primary_key=True)
    text = Column(String(30))
    user_id = Column(ForeignKey("users.id"))
    user = relationship(User, back_populates="letters")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([User(id=1, name="ann", age=30), User(id=2, name="bob", age=20), User(id=3, name="cid", age=40)])
    s.flush()
    s.add_all([Post(id=1, title="p1", user_id=1), Post(id=2, title="p2", user_id=1), Post(id=3, title="p3", user_id=2),
               Letter(id=1, text="l1", user_id=1), Letter(id=2, text="l2", user_id=3)])
    s.commit()
forget()
s = Session(e)
q = s.query(User).order_by(User.id)

step("entities")
say(q.with_entities(User.name).all(), q.add_columns(User.age + 1).first()[1])
say([list(r) for r in s.query(User.name).add_columns(User.age, func.length(User.name)).order_by(User.id)])
say([[u.name, t] for u, t in s.query(User).add_columns(Post.title).join(Post, User.posts).order_by(Post.id)])
say([[u.name, p.title] for u, p in s.query(User).add_entity(Post).filter(Post.user_id == User.id).order_by(Post.id)])
say([d["name"] for d in s.query(User, Post.title, func.count().label("n")).column_descriptions])
say(s.query(Bundle("b", User.name, User.age)).order_by(User.age).first().b.age)
step("subqueries")
young = s.query(User.id.label("uid"), User.name).filter(User.age < 35).subquery("young")
say(s.query(young.c.name, Post.title).join(Post, Post.user_id == young.c.uid).order_by(Post.id).all())
n = s.query(func.count(Post.id)).filter(Post.user_id == User.id).correlate(User).scalar_subquery()
say(s.query(User.name, n).order_by(User.id).all(), s.query(User.name, n.label("n")).order_by(desc("n"), User.id).all())
say([u.name for u in q.filter(User.id.in_(s.query(Post.user_id)))])
say(s.query(q.exists()).scalar(), s.query(q.filter(User.age > 99).exists()).scalar(),
    s.query(literal(True)).filter(s.query(Letter).filter_by(text="l2").exists()).scalar())
c = s.query(User).filter(User.age > 25).cte("old")
say(s.query(c.c.name).order_by(c.c.name).all())
ua = aliased(User, c)
say([u.name for u in s.query(ua).order_by(ua.age)])
step("itself")
say(str(q.filter(User.name.is_(None))))
say(str(q.statement), q.whereclause, str(q.filter(User.id == 1).whereclause))
say(q.is_single_entity, s.query(User, Post).is_single_entity, s.query(User.id).is_single_entity)
say(q.session is s, Query([User.name], session=s).order_by(User.id).all(), Query(User).with_session(s).count())
say(str(q.order_by(None).enable_eagerloads(False).statement))
step("parents")
ann = s.get(User, 1)
say([p.title for p in s.query(Post).with_parent(ann, property=User.posts).order_by(Post.id)])
say([l.text for l in s.query(Letter).with_parent(ann)])
say([l.text for l in s.query(Letter).filter(with_parent(ann, User.letters))])
step("dynamic")
say([p.title for p in ann.posts], ann.posts.count(), ann.posts.filter(Post.id > 1).one().title)
say([p.title for p in ann.posts.order_by(None).order_by(Post.title.desc()).limit(1)], ann.posts[0].title)
ann.posts.append(Post(id=9, title="p9"))
say([p.title for p in ann.posts], [p.title for p in ann.posts.filter(Post.title.like("%9"))])
say([u.name for u in ann.posts.with_entities(User).join(Post.user).order_by(None).distinct()])
ann.posts.remove(ann.posts.filter_by(title="p9").one())
say(ann.posts.count())
s.rollback()
step("joins")
say([list(r) for r in s.query(User.name, Letter.text).outerjoin(User.letters).order_by(User.id)])
say([list(r) for r in s.query(User.name, Post.title).select_from(Post).join(Post.user).order_by(Post.id)])
l2 = aliased(Letter)
say([u.name for u in q.join(l2, User.letters).filter(l2.text == "l2")])
say([u.name for u in q.join(User.letters).filter_by(text="l1")], [u.name for u in q.join(User.letters).reset_joinpoint()
    .filter_by(name="cid")])
say([[u.name, [l.text for l in u.letters]] for u in s.query(User).join(User.letters).options(contains_eager(User.letters))
    .filter(Letter.id > 1)])
step("set operations")
a, b = s.query(User).filter(User.age < 25), s.query(User).filter(User.age > 35)
say([u.name for u in a.union(b).order_by(User.name)], a.union_all(b, a).count())
say([u.name for u in q.order_by(None).except_(a).order_by(User.id)], a.intersect(b).all())
say([[u.name, [l.text for l in u.letters]] for u in a.union(b).options(joinedload(User.letters)).order_by(User.id)])
say(a.union(b).filter(User.name == "cid").one().age, a.union(b).with_entities(User.name).order_by(User.name).all())
step("slices")
say([u.name for u in q[1:]], q[0].name, [u.name for u in q[0:2]], [u.name for u in q.slice(1, 2)])
say([u.name for u in q.limit(2).offset(1)], q.limit(2).count())
step("group and having")
say(s.query(Post.user_id, func.count()).group_by(Post.user_id).having(func.count() > 1).all())
say(s.query(func.max(User.age)).scalar(), s.query(User.age).distinct().count(), s.query(User.id, User.age).count())
step("params, text, from_statement")
say([u.name for u in s.query(User).filter(text("age > :a")).params(a=25).order_by(User.id)])
say([u.name for u in s.query(User).from_statement(text("SELECT * FROM users ORDER BY age")).all()])
step("refusals")
error(lambda: q.limit(1).filter(User.id == 1).all())
error(lambda: q.filter_by(nothing=1))
error(lambda: s.query(User).filter(User.age == 99).one())
error(lambda: s.query(User).one())
error(lambda: q.get(1))
error(lambda: s.query("users"))
error(lambda: s.query(User).join("letters"))
step("end")
