# Upserts into objects, bulk work with defaults and server values, RETURNING in every place, and legacy bulk calls.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Reply(Base):
    __tablename__ = "reply"
    id = Column(Integer, primary_key=True)
    who = Column(String(20), unique=True)
    score = Column(Integer, default=0)
    rank = Column(Integer, server_default="1")
    tries = Column(Integer, default=1, onupdate=lambda: 9)
    answers = relationship("Answer", back_populates="reply", order_by="Answer.id")


class Answer(Base):
    __tablename__ = "answer"
    id = Column(Integer, primary_key=True)
    text_ = Column("text", String(20))
    reply_id = Column(ForeignKey("reply.id"))
    reply = relationship(Reply, back_populates="answers")


e = engine()
Base.metadata.create_all(e)
forget()
if e.dialect.name == "postgresql":
    from sqlalchemy.dialects.postgresql import insert as upsert
else:
    from sqlalchemy.dialects.sqlite import insert as upsert

s = Session(e)


def table():
    return s.execute(select(Reply.who, Reply.score, Reply.rank, Reply.tries).order_by(Reply.id)).all()


step("objects come back")
ann = s.scalars(insert(Reply).values(who="Ann", score=3).returning(Reply)).one()
say(ann in s, inspect(ann).persistent, ann.score, ann.rank, ann.tries)
step("upsert refreshes what is there")
stmt = upsert(Reply).values([{"who": "Ann", "score": 8}, {"who": "Bob", "score": 2}])
stmt = stmt.on_conflict_do_update(index_elements=[Reply.who], set_={"score": stmt.excluded.score}).returning(Reply)
got = s.scalars(stmt, execution_options={"populate_existing": True}).all()
say(sorted((r.who, r.score) for r in got), ann.score, ann in got)
step("without refresh")
stmt = upsert(Reply).values(who="Ann", score=20)
stmt = stmt.on_conflict_do_update(index_elements=["who"], set_=dict(score=Reply.score + stmt.excluded.score),
where=Reply.score < 50)
say(s.scalars(stmt.returning(Reply)).one() is ann, ann.score)
s.refresh(ann)
say(ann.score)
say(s.execute(stmt.returning(Reply.score)).all(), s.execute(upsert(Reply).values(who="Ann", score=1)
    .on_conflict_do_nothing().returning(Reply.id)).all())
step("the table")
say(table())
step("many parameter sets")
rows = s.execute(insert(Reply).returning(Reply.who, Reply.id, Reply.rank),
    [{"who": "Cy"}, {"who": "Di", "score": 5}, {"who": "Ed"}]).all()
say(sorted(r.who for r in rows), sorted(r.rank for r in rows))
bob = s.scalars(select(Reply).where(Reply.who == "Bob")).one()
s.execute(insert(Answer), [{"text_": "yes", "reply_id": bob.id}, {"text_": "no", "reply_id": ann.id}])
say([a.text_ for a in bob.answers])
step("from a select of entities")
src = select(Reply.who + "_2", Reply.score).where(Reply.score > 4).order_by(Reply.id)
s.execute(insert(Reply).from_select(["who", "score"], src))
say(table())
step("update of joined rows")
sub = select(Answer.reply_id).where(Answer.text_ == "yes")
say(s.execute(update(Reply).where(Reply.id.in_(sub)).values(score=77)).rowcount, bob.score)
say(s.execute(update(Reply).where(Reply.answers.any(text_="no")).values({"rank": 4})
    .returning(Reply.who, Reply.rank)).all(), ann.rank)
step("correlated")
count = select(func.count(Answer.id)).where(Answer.reply_id == Reply.id).scalar_subquery()
s.execute(update(Reply).values(rank=count), execution_options={"synchronize_session": "fetch"})
say(ann.rank, bob.rank)
step("ordered values")
s.execute(update(Reply).where(Reply.who == "Cy").ordered_values((Reply.score, 1), (Reply.rank, Reply.score + 1)))
say(s.execute(select(Reply.score, Reply.rank).where(Reply.who == "Cy")).one())
step("delete with a subquery")
say(s.execute(delete(Answer).where(Answer.reply_id.in_(select(Reply.id).where(Reply.who == "Ann")))
    .returning(Answer.text_)).all())
say(s.execute(delete(Answer).where(Answer.reply_id.in_(select(Reply.id)))).rowcount, len(bob.answers))
s.expire(bob)
say(len(bob.answers))
s.commit()
step("legacy bulk")
objs = [Reply(who="Fy"), Reply(who="Gus", score=6)]
s.bulk_save_objects(objs)
say(objs[0].id, inspect(objs[0]).transient)
s.bulk_save_objects([Reply(who="Hy")], return_defaults=True)
maps = [{"who": "Iva"}, {"who": "Jo", "score": 1}]
s.bulk_insert_mappings(Reply, maps, return_defaults=True)
say([m["id"] is not None for m in maps], maps[0].get("score"))
s.bulk_update_mappings(Reply, [{"id": ann.id, "score": 1}, {"id": bob.id, "score": 2}])
say(ann.score, bob.score)
error(lambda: s.bulk_update_mappings(Reply, [{"score": 1}]))
s.rollback()
step("errors")
error(lambda: s.execute(insert(Reply).returning(Reply), [{"who": "Zoe", "nope": 1}]).all())
error(lambda: s.execute(update(Reply).values(nope=1)))
error(lambda: s.execute(insert(Reply), [{"who": "Ann"}]))
s.rollback()
say(s.scalar(select(func.count(Reply.id))))
s.close()
sql()
