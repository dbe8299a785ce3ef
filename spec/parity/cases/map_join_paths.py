"""Self m2m, four-table secondary, operators as joins, limited rows, overlapping keys."""
from parity import *
from sqlalchemy import (Column, ForeignKey, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, String, Table, and_,
                        cast, func, inspect, join, select)
from sqlalchemy.orm import (Session, aliased, backref, declarative_base, foreign, joinedload, relationship, remote,
                            selectinload, subqueryload, validates)

Base = declarative_base()
friends = Table("friends", Base.metadata, Column("left_id", ForeignKey("node.id"), primary_key=True),
                Column("right_id", ForeignKey("node.id"), primary_key=True), Column("note", String(10)))


class Node(Base):
    __tablename__ = "node"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    right = relationship("Node", secondary=friends, primaryjoin=id == friends.c.left_id,
                         secondaryjoin=id == friends.c.right_id, back_populates="left", order_by="Node.id")
    left = relationship("Node", secondary=friends, primaryjoin=id == friends.c.right_id,
                        secondaryjoin=id == friends.c.left_id, back_populates="right", order_by="Node.id")


union = select(friends.c.left_id, friends.c.right_id).union(select(friends.c.right_id, friends.c.left_id)).alias("fu")
Node.all = relationship("Node", secondary=union, primaryjoin=Node.id == union.c.left_id,
                        secondaryjoin=Node.id == union.c.right_id, viewonly=True, order_by=Node.id)


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    b_id = Column(ForeignKey("b.id"))
    d = relationship("D", secondary="join(B, D, B.d_id == D.id).join(C, C.d_id == D.id)",
                     primaryjoin="and_(A.b_id == B.id, A.id == C.a_id)", secondaryjoin="D.id == B.d_id",
                     uselist=False, viewonly=True)


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    d_id = Column(ForeignKey("d.id"))


class C(Base):
    __tablename__ = "c"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    d_id = Column(ForeignKey("d.id"))


class D(Base):
    __tablename__ = "d"
    id = Column(Integer, primary_key=True)


class Page(Base):
    __tablename__ = "page"
    path = Column(String(30), primary_key=True)
    below = relationship("Page", viewonly=True, order_by=path,
                         primaryjoin=remote(foreign(path)).like(path.concat("/%")))


class Magazine(Base):
    __tablename__ = "magazine"
    id = Column(Integer, primary_key=True)


class Writer(Base):
    __tablename__ = "writer"
    id = Column(Integer, primary_key=True)
    magazine_id = Column(ForeignKey("magazine.id"), primary_key=True)
    magazine = relationship(Magazine)


class Article(Base):
    __tablename__ = "article"
    article_id = Column(Integer)
    magazine_id = Column(ForeignKey("magazine.id"))
    writer_id = Column(Integer)
    magazine = relationship(Magazine)
    writer = relationship(Writer, primaryjoin="and_(Writer.id == foreign(Article.writer_id), "
                                              "Writer.magazine_id == Article.magazine_id)")
    __table_args__ = (PrimaryKeyConstraint("article_id", "magazine_id"),
                      ForeignKeyConstraint(["writer_id", "magazine_id"], ["writer.id", "writer.magazine_id"]))


def best():
    p2 = Post.__table__.alias("p2")
    return select(func.max(p2.c.stars)).where(p2.c.user_id == User.id).correlate(User.__table__).scalar_subquery()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    city = Column(String(10))
    posts = relationship("Post", order_by="Post.id", back_populates="user")
    rome_posts = relationship("Post", primaryjoin="and_(User.id == Post.user_id, User.city == 'rome')", viewonly=True)
    top = relationship("Post", viewonly=True, uselist=False,
                       primaryjoin=lambda: and_(User.id == Post.user_id, Post.stars == best()))
    neighbours = relationship("User", viewonly=True, order_by=id,
                              primaryjoin=and_(remote(foreign(city)) == city, remote(id) != id))


class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    stars = Column(Integer)
    user = relationship(User, back_populates="posts")






part = select(Post, func.row_number().over(order_by=Post.stars.desc(), partition_by=Post.user_id).label("pos")).alias("part")
Ranked = aliased(Post, part)
User.best_two = relationship(Ranked, primaryjoin=and_(Ranked.user_id == User.id, part.c.pos < 3), viewonly=True,
                             order_by=part.c.pos)
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("nodes")
a, b, c = Node(id=1, name="a"), Node(id=2, name="b"), Node(id=3, name="c")
a.right.append(b)
c.right.extend([a, b])
say([n.name for n in b.left], [n.name for n in a.left])
s.add_all([a, b, c])
s.commit()
say([n.name for n in a.all], [n.name for n in b.all])
say(s.scalars(select(Node.name).where(Node.right.any(Node.name == "b")).order_by(Node.id)).all())
N = aliased(Node)
say(s.execute(select(Node.name, N.name).join(Node.all.of_type(N)).order_by(Node.id, N.id)).all())
say([[m.name for m in n.right] for n in s.scalars(select(Node).options(joinedload(Node.right)).order_by(Node.id)).unique()])
say([[m.name for m in n.all] for n in s.scalars(select(Node).options(selectinload(Node.all)).order_by(Node.id))])
a.right.remove(b)
s.delete(c)
s.commit()
step("four tables")
s.add_all([D(id=1), D(id=2)])
s.flush()
s.add_all([B(id=1, d_id=1), B(id=2, d_id=2)])
s.flush()
s.add_all([A(id=1, b_id=1), A(id=2, b_id=2)])
s.flush()
s.add_all([C(id=1, a_id=1, d_id=1), C(id=2, a_id=2, d_id=1)])
s.commit()
for x in s.scalars(select(A).order_by(A.id)):
    say(x.id, x.d.id if x.d else None)
say(select(A).join(A.d).where(D.id == 1))
say(select(A).where(A.d.has(D.id == 5)))
say([x.d is None for x in s.scalars(select(A).options(joinedload(A.d)).order_by(A.id)).unique()])
step("paths")
s.add_all([Page(path="/x"), Page(path="/x/y"), Page(path="/x/y/z"), Page(path="/q")])
s.commit()
p = s.get(Page, "/x")
say([q.path for q in p.below])
say([[r.path for r in q.below] for q in s.scalars(select(Page).options(joinedload(Page.below)).order_by(Page.path)).unique()])
step("articles")
m1, m2 = Magazine(id=1), Magazine(id=2)
w = Writer(id=1, magazine=m1)
s.add(Article(article_id=1, magazine=m1, writer=w))
s.add(Article(article_id=2, magazine=m2))
s.commit()
x = s.get(Article, (1, 1))
say(x.writer is w, x.writer_id)
x.writer = None
s.flush()
say(x.writer_id, x.magazine_id)
say(select(Article).join(Article.writer))
step("users")
s.add_all([User(id=1, city="rome", posts=[Post(stars=i) for i in (3, 9, 5)]), User(id=2, city="rome", posts=[Post(stars=1)]),
           User(id=3, city="oslo", posts=[Post(stars=2)])])
s.commit()
for u in s.scalars(select(User).order_by(User.id)):
    say(u.id, len(u.rome_posts), u.top.stars, [n.id for n in u.neighbours], [x.stars for x in u.best_two])
s.expunge_all()
for u in s.scalars(select(User).options(selectinload(User.best_two), joinedload(User.neighbours)).order_by(User.id)).unique():
    say(u.id, [x.stars for x in u.best_two], [n.id for n in u.neighbours])
say(select(User).where(User.neighbours.any(User.id == 3)))
say(select(User).join(User.best_two))
s.rollback()
sql()
