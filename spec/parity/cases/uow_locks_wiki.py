# Optimistic locks: counters, generators of one's own, versions of the server, and what a lost race raises.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()
codes = iter("abcdefghijklmnop")


class Article(Base):
    __tablename__ = "article"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    version = Column(Integer, nullable=False)
    notes = relationship("Note", back_populates="article", cascade="all, delete-orphan", order_by="Note.id")
    __mapper_args__ = {"version_id_col": version}


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    body = Column(String(20))
    stamp = Column(String(5), nullable=False)
    article_id = Column(ForeignKey("article.id"))
    article = relationship(Article, back_populates="notes")
    __mapper_args__ = {"version_id_col": stamp, "version_id_generator": lambda old: next(codes) + (old or "")[:1]}


class Manual(Base):
    __tablename__ = "manual"
    id = Column(Integer, primary_key=True)
    body = Column(String(20))
    rev = Column(Integer, nullable=False)
    __mapper_args__ = {"version_id_col": rev, "version_id_generator": False}


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
a = Article(title="Owl", notes=[Note(body="one"), Note(body="two")])
s.add(a)
s.commit()
step("versions")
say(a.version, [n.stamp for n in a.notes])
a.title = "Owls"
a.notes[0].body = "uno"
s.flush()
say(a.version, [n.stamp for n in a.notes])
s.commit()
step("nothing changed, no new version")
a.title = "Owls"
s.commit()
say(a.version)
step("a collection alone does not count")
a.notes.append(Note(body="three"))
s.commit()
say(a.version)
step("lost update")
s.execute(update(Article).where(Article.id == a.id).values(version=Article.version + 5),
    execution_options={"synchronize_session": False})
a.title = "Lost"
err = error(s.flush)
say("article" in str(err), "0 were matched" in str(err))
s.rollback()
say(a.title, a.version)
step("lost delete")
s.execute(text("update article set version = 40"))
s.delete(a)
error(s.flush)
s.rollback()
step("row gone")
n = a.notes[2]
n.body
s.execute(text("delete from note where id = %d" % n.id))
n.body = "ghost"
error(s.commit)
s.rollback()
step("many rows, one lost")
for n in a.notes:
    n.body = n.body + "!"
s.connection().exec_driver_sql("update note set stamp = 'zz' where body = 'two'")
error(s.flush)
s.rollback()
say([(n.body, n.stamp) for n in a.notes])
step("the program counts")
m = Manual(body="x", rev=1)
s.add(m)
s.commit()
m.body, m.rev = "y", 2
s.commit()
say(m.rev)
m.body = "z"
s.flush()
say(m.rev)
s.commit()
step("locked read")
say(s.get(Article, a.id, with_for_update=True).version)
step("merge checks the version")
s.rollback()
s.expunge_all()
stale = Article(id=1, title="Merged", version=1)
error(lambda: s.merge(stale))
s.rollback()
good = s.merge(Article(id=1, title="Merged", version=s.scalar(select(Article.version))))
s.commit()
say(good.title, good.version)
step("bulk update counts too")
s.execute(update(Article).values(title="Bulk"))
s.commit()
say(good.title, good.version)
step("two sessions")
mine = s.get(Article, 1)
mine.title
s.commit()
with Session(e) as t:
    t.get(Article, 1).title = "Theirs"
    t.commit()
s.expire_all()
mine.title = mine.title + " and mine"
s.commit()
say(mine.title, mine.version)
s.close()
sql()
