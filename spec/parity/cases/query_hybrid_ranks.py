# Hybrids, column properties and expressions over a hierarchy: in selects, orders, updates, aliases and loader options.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, case, update
from sqlalchemy.ext.hybrid import hybrid_property, hybrid_method
from sqlalchemy.orm import (declarative_base, relationship, Session, column_property, aliased, query_expression,
                            with_expression, undefer, joinedload, selectinload)

Base = declarative_base()


class Guild(Base):
    __tablename__ = "guild"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    heroes = relationship("Hero", back_populates="guild", order_by="Hero.id")


class Hero(Base):
    __tablename__ = "hero"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    first = Column(String(20))
    last = Column(String(20))
    might = Column(Integer)
    guild_id = Column(ForeignKey("guild.id"))
    guild = relationship("Guild", back_populates="heroes")
    full = column_property(first + " " + last)
    extra = query_expression()
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "hero"}

    @hybrid_property
    def rank(self):
        return "high" if self.might > 5 else "low"

    @rank.expression
    def rank(cls):
        return case((cls.might > 5, "high"), else_="low")

    @hybrid_method
    def beats(self, other):
        return self.might > other

    @hybrid_property
    def double(self):
        return self.might * 2

    @double.setter
    def double(self, value):
        self.might = value // 2

    @double.update_expression
    def double(cls, value):
        return [(cls.might, value / 2 if not isinstance(value, int) else value // 2)]


class Mage(Hero):
    __tablename__ = "mage"
    id = Column(ForeignKey("hero.id"), primary_key=True)
    mana = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "mage"}

    @hybrid_property
    def power(self):
        return self.might + self.mana


Guild.strength = column_property(
    select(func.coalesce(func.sum(Hero.might), 0)).where(Hero.guild_id == Guild.id).correlate_except(Hero)
    .scalar_subquery(), deferred=True)
eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
g = Guild(name="sun", heroes=[Hero(first="ann", last="lee", might=7), Mage(first="bo", last="ray", might=3, mana=9)])
s.add_all([g, Guild(name="moon")])
s.commit()
forget()
step("on objects")
h, m = g.heroes[0], s.scalars(select(Mage)).one()
say(h.full, h.rank, h.beats(6), h.double, m.rank, m.power)
h.double = 8
say(h.might, h.rank)
s.rollback()
step("in queries")
say(s.execute(select(Hero.full, Hero.rank, Hero.double).order_by(Hero.rank, Hero.id)).all())
say(s.scalars(select(Hero.first).where(Hero.beats(5))).all(), s.scalars(select(Mage.power)).all())
say(s.scalars(select(Mage.first).where(Mage.power > 5, Mage.rank == "low")).all())
A = aliased(Hero)
say(s.execute(select(A.full, A.rank).where(A.double > 6)).all())
say(s.execute(select(Hero.rank, func.count()).group_by(Hero.rank).order_by(Hero.rank)).all())
say(s.scalars(select(Hero).filter_by(rank="high")).one().first)
step("column properties")
s.expunge_all()
for x in s.scalars(select(Guild).order_by(Guild.id)):
    say(x.name, sorted(sa.inspect(x).unloaded), x.strength)
s.expunge_all()
say([(x.name, x.strength) for x in s.scalars(select(Guild).options(undefer(Guild.strength)).order_by(Guild.strength))])
say(s.execute(select(Guild.name, Guild.strength).where(Guild.strength > 0)).all())
G = aliased(Guild)
say(s.execute(select(G.name, G.strength).order_by(G.id)).all())
step("expressions of a query")
s.expunge_all()
for x in s.scalars(select(Hero).options(with_expression(Hero.extra, Hero.might * 10)).order_by(Hero.id)):
    say(x.first, x.extra)
say(s.scalars(select(Hero).where(Hero.id == 1).execution_options(populate_existing=True)).one().extra)
step("eager loads bring them")
s.expunge_all()
x = s.scalars(select(Guild).options(joinedload(Guild.heroes)).where(Guild.name == "sun")).unique().one()
say([(y.full, y.rank) for y in x.heroes])
s.expunge_all()
x = s.scalars(select(Guild).options(selectinload(Guild.heroes)).where(Guild.name == "sun")).one()
say([y.full for y in x.heroes])
step("updates")
s.execute(update(Hero).where(Hero.rank == "high").values(double=20))
say(s.scalars(select(Hero.might).order_by(Hero.id)).all(), [y.might for y in x.heroes])
x.heroes[0].last = "loy"
say(x.heroes[0].full)
s.flush()
say(x.heroes[0].full)
s.commit()
say(x.heroes[0].full)
step("end")
s.close()
