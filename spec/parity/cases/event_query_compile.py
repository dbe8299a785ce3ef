"""Query events: before_compile with and without retval, before_compile_update, before_compile_delete, and Query in use."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, desc, event, func, select
from sqlalchemy.orm import Query, Session, aliased, contains_eager, declarative_base, relationship

Base = declarative_base()


class Blog(Base):
    __tablename__ = "blog"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    hidden = Column(Boolean, default=False)
    posts = relationship("Post", back_populates="blog", order_by="Post.id")


class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    blog_id = Column(ForeignKey("blog.id"))
    title = Column(String(20))
    hits = Column(Integer, default=0)
    hidden = Column(Boolean, default=False)
    blog = relationship(Blog, back_populates="posts")


db = engine()
Base.metadata.create_all(db)
forget()
with Session(db) as s, s.begin():
    s.add_all([Blog(id=1, name="a", posts=[Post(id=1, title="a1", hits=3), Post(id=2, title="a2", hidden=True)]),
               Blog(id=2, name="b", hidden=True, posts=[Post(id=3, title="b1", hits=9)]), Blog(id=3, name="c")])
session = Session(db)


def no_hidden(query):
    for description in query.column_descriptions:
        entity = description["entity"]
        if entity is not None and hasattr(entity, "hidden"):
            query = query.enable_assertions(False).filter(entity.hidden == False)
    return query


step("before")
forget()
say([b.name for b in session.query(Blog).order_by(Blog.id)], session.query(Post).count())
sql()
event.listen(Query, "before_compile", no_hidden, retval=True, bake_ok=False)
step("after")
say([b.name for b in session.query(Blog).order_by(Blog.id)], session.query(Post).count())
say(session.query(Post.title).order_by(Post.id).all(), session.query(func.count(Post.id)).scalar())
say([(b.name, p.title) for b, p in session.query(Blog, Post).join(Post).order_by(Post.id)])
say([p.title for p in session.query(Post).order_by(Post.id).limit(1)], session.query(Blog).filter_by(name="b").first())
sql()
event.remove(Query, "before_compile", no_hidden)
say(session.query(Blog).count())

step("without retval")
seen = []
watch = lambda q: seen.append([d["name"] for d in q.column_descriptions])
event.listen(Query, "before_compile", watch)
session.query(Blog.id, Blog.name.label("n"), Post).join(Post).all()
session.query(aliased(Blog, name="bb")).all()
say(seen)
event.remove(Query, "before_compile", watch)

step("before_compile_update")


def update_listener(query, context):
    say("update", sorted(k if isinstance(k, str) else k.key for k in context.values), context.query is query)
    context.values["hits"] = 100
    return query.filter(Post.hidden == False)


event.listen(Query, "before_compile_update", update_listener, retval=True)
forget()
say(session.query(Post).filter(Post.id > 0).update({"title": "X"}, synchronize_session=False))
sql()
say(session.execute(select(Post.title, Post.hits).order_by(Post.id)).all())
session.rollback()
event.remove(Query, "before_compile_update", update_listener)

step("before_compile_delete")


def delete_listener(query, context):
    say("delete", context.query is query, context.mapper.class_)
    return query.filter(Post.hits < 5)


event.listen(Query, "before_compile_delete", delete_listener, retval=True)
forget()
say(session.query(Post).delete(synchronize_session="fetch"))
sql()
say(session.scalars(select(Post.title)).all())
session.rollback()
event.remove(Query, "before_compile_delete", delete_listener)

step("bulk events")
event.listen(session, "after_bulk_update", lambda c: say("bulk update", sorted(c.values), c.result.rowcount, c.session is session))
event.listen(session, "after_bulk_delete", lambda c: say("bulk delete", c.result.rowcount, c.query is not None))
session.query(Post).filter_by(id=1).update({"title": "Y", "hits": 1})
session.query(Post).filter(Post.id == 2).delete()
session.rollback()

step("what a Query can be asked")
forget()
q = session.query(Post).filter(Post.hits > 1).order_by(desc(Post.hits))
say([d["name"] for d in q.column_descriptions], q.whereclause, q.is_single_entity, q.session is session)
say(q.first().title, q.offset(1).first().title, q.all()[-1].title, q[0].title, [p.title for p in q[0:2]], q[1].title)
sql()
error(lambda: q.one())
error(lambda: q.filter(Post.id == 99).one())
say(q.filter(Post.id == 99).one_or_none(), q.filter(Post.id == 99).scalar(), q.with_entities(Post.id).all())
say(session.query(q.exists()).scalar(), session.query(Post).filter(q.exists()).count())
say(q.with_entities(Post.blog_id).distinct().order_by(None).order_by(Post.blog_id).all())
say([(r[0].title, r[1], r.tt) for r in q.add_columns(Post.id + 10, Post.title.label("tt"))])
say(list(q.values(Post.title)), q.value(Post.hits), q.order_by(None).with_entities(func.max(Post.hits)).scalar())
sub = q.subquery()
say(session.query(sub.c.title).order_by(sub.c.id).all(), session.query(Post).select_from(Blog).join(Blog.posts).filter(
    Blog.name == "a").order_by(Post.id).all()[0].title)
say(q.reset_joinpoint().enable_eagerloads(False).yield_per(1).all()[0].title, q.populate_existing().all()[0].title)
say(q.execution_options(a=1).get_execution_options().get("a"), q.params(x=1) is q)
error(lambda: q.limit(1).filter(Post.id == 1))
error(lambda: q.get(1))
error(lambda: session.query())
error(lambda: session.query("post").all())
e = session.query(Blog).join(Blog.posts).options(contains_eager(Blog.posts)).filter(Post.hits > 5).populate_existing()
say([(b.name, [p.title for p in b.posts]) for b in e])
session.close()
