# What a result is: rows of entities, bundles and expressions; unique, scalars, mappings, partitions, one, freeze.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, tuple_
from sqlalchemy.orm import declarative_base, relationship, Session, joinedload, Bundle, aliased

Base = declarative_base()


class Club(Base):
    __tablename__ = "club"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    members = relationship("Member", order_by="Member.id", back_populates="club")


class Member(Base):
    __tablename__ = "member"
    id = Column(Integer, primary_key=True)
    first = Column(String(20))
    last = Column(String(20))
    age = Column(Integer)
    club_id = Column(ForeignKey("club.id"))
    club = relationship("Club", back_populates="members")


eng = engine()
Base.metadata.create_all(eng)
with Session(eng) as s:
    s.add(Club(name="chess", members=[Member(first="a", last="x", age=30), Member(first="b", last="x")]))
    s.add(Club(name="rowing", members=[Member(first="c", last="y", age=50)]))
    s.add(Club(name="empty"))
    s.commit()
forget()
s = Session(eng)

step("bundles")
b = Bundle("who", Member.first, Member.last)
for row in s.execute(select(b, Member.age).order_by(Member.id)):
    say(row.who, row.who.first, row.who.last, row.age)
say(s.execute(select(b).where(b.c.first == "c")).scalars().one())
nested = Bundle("all", b, Bundle("more", Member.age))
row = s.execute(select(nested).order_by(Member.id)).first()
say(row.all.who.first, row.all.more.age)
step("joined eager loading needs unique")
error(lambda: s.execute(select(Club).options(joinedload(Club.members))).all())
clubs = s.scalars(select(Club).options(joinedload(Club.members)).order_by(Club.id)).unique().all()
say([(c.name, len(c.members)) for c in clubs])
step("unique with a key")
r = s.execute(select(Member.last, Member.first).order_by(Member.id)).unique(lambda row: row[0])
say(r.all())
say(s.scalars(select(Member.last).order_by(Member.id)).unique().all())
step("one and its kin")
say(s.execute(select(Club.name).where(Club.id == 1)).one())
error(lambda: s.execute(select(Club).where(Club.id == 99)).one())
error(lambda: s.execute(select(Club)).one())
error(lambda: s.execute(select(Club)).one_or_none())
say(s.execute(select(Club).where(Club.id == 99)).one_or_none())
say(s.scalars(select(Club.name).order_by(Club.id)).first())
error(lambda: s.execute(select(Club)).scalar_one())
say(s.execute(select(Member.age).where(Member.first == "b")).scalar_one())
say(s.execute(select(Member.age).where(Member.first == "zz")).scalar_one_or_none())
say(s.scalar(select(func.max(Member.age))))
step("views of a result")
q = select(Member.first, Member.age.label("years"), Club.name).join(Member.club).order_by(Member.id)
say(list(s.execute(q).keys()))
say(s.execute(q).mappings().all())
say(s.execute(q).columns("name", "first").all())
say(s.execute(q).scalars(1).all())
say([list(p) for p in s.execute(q).partitions(2)])
r = s.execute(q)
say(r.fetchone(), r.fetchmany(1), r.fetchall(), r.fetchone())
r.close()
error(lambda: r.fetchone())
m = s.execute(q).mappings().first()
say(m["years"], m[Member.first], "name" in m)
row = s.execute(q).first()
say(row._mapping[Club.name], row.years, row == ("a", 30, "chess"))
step("frozen")
frozen = s.execute(select(Club, func.length(Club.name).label("n")).order_by(Club.id)).freeze()
say([(r.Club.name, r.n) for r in frozen()])
say(frozen().scalars().first().name)
say([r.n for r in frozen()])
step("entities of several classes")
A = aliased(Member, name="other")
q = select(Club, Member, A).join(Club.members).join(A, (A.club_id == Club.id) & (A.id > Member.id))
row = s.execute(q).one()
say(row.Club.name, row.Member.first, row.other.first, row.Club is clubs[0])
say(s.execute(select(Club.name).where(tuple_(Club.id, Club.name).in_([(1, "chess"), (2, "x")]))).scalars().all())
step("yield_per")
for part in s.scalars(select(Member).order_by(Member.id).execution_options(yield_per=2)).partitions():
    say([m.first for m in part])
error(lambda: s.scalars(select(Club).options(joinedload(Club.members)).execution_options(yield_per=1)).unique().all())
step("end")
s.close()
