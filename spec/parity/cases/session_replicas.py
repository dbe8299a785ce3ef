"""Several sessions on one database: isolation, locks, stale rows, objects that move, pools, merge between them."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select, update
from sqlalchemy.orm import (
    Session, aliased, declarative_base, joinedload, object_session, relationship, selectinload, sessionmaker, with_parent)

Base = declarative_base()


class Stock(Base):
    __tablename__ = "stock"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    amount = Column(Integer, nullable=False, default=0)
    moves = relationship("Move", back_populates="stock", order_by="Move.id", cascade="all, delete-orphan")


class Move(Base):
    __tablename__ = "move"
    id = Column(Integer, primary_key=True)
    delta = Column(Integer)
    stock_id = Column(ForeignKey("stock.id"))
    stock = relationship("Stock", back_populates="moves")


e = engine()
Base.metadata.create_all(e)
forget()
Factory = sessionmaker(e)

with Factory.begin() as s:
    s.add_all([Stock(id=1, name="nuts", amount=5), Stock(id=2, name="bolts", amount=7)])

step("the other session's commit is seen after one's own")
one, two = Factory(), Factory()
a = one.get(Stock, 1)
say(a.amount)
one.commit()
b = two.get(Stock, 1)
b.amount = 50
two.commit()
say(inspect(a).expired, a.amount, a is b, a == b)
one.commit()

step("values in the database count")
a = one.get(Stock, 1)
say(a.amount)
one.execute(update(Stock).where(Stock.id == 1).values(amount=Stock.amount - 1))
say(a.amount)
a.amount = Stock.amount + 10
one.commit()
say(a.amount)
locked = one.scalars(select(Stock).where(Stock.id == 1).with_for_update()).one()
say(locked is a)
one.rollback()

step("an object moves")
m = Move(delta=1)
a.moves.append(m)
say(object_session(m) is one, m in one)
one.commit()
one.expunge(m)
say(object_session(m), [x.delta for x in a.moves])
two.add(m)
say(object_session(m) is two, m.stock is a)
two.commit()
one.close()
two.close()
two.add(a)
say(a in two, m in two, object_session(a) is two)
two.close()

step("merge there and back")
with Factory() as s:
    loaded = s.get(Stock, 1, options=[selectinload(Stock.moves)])
    s.expunge_all()
loaded.amount = 99
loaded.moves.append(Move(delta=9))
with Factory() as s:
    merged = s.merge(loaded)
    say(merged is loaded, sorted(inspect(merged).unloaded), len(merged.moves), len(s.new), len(s.dirty))
    s.commit()
    say(merged.amount, [x.delta for x in merged.moves])
say(inspect(loaded).detached, loaded.moves[1].id)

step("with_parent, aliases, the same object twice")
with Factory() as s:
    stock = s.get(Stock, 1)
    say(s.scalars(select(Move.delta).where(with_parent(stock, Stock.moves)).order_by(Move.id)).all())
    other = aliased(Stock)
    row = s.execute(select(Stock, other).join(other, Stock.id == other.id).where(Stock.id == 1)).one()
    say(row[0] is row[1], row[0] is stock)
    rows = s.execute(select(Stock, Move).join(Stock.moves).order_by(Move.id)).all()
    say(len(rows), rows[0][0] is rows[1][0], rows[0].Stock is stock)
    say([x.id for x in s.scalars(select(Stock).join(Stock.moves)).all()])
    say([x.id for x in s.scalars(select(Stock).join(Stock.moves)).unique().all()])
    stock.moves[0].delta = 100
    say(s.scalar(select(func.sum(Move.delta))), len(s.dirty))
    s.rollback()
    say(s.scalar(select(func.sum(Move.delta))))
sql()

step("session.info, objects without a session, deleted elsewhere")
one, two = Factory(info={"who": 1}), Factory(info={"who": 2})
x = one.get(Stock, 2)
one.commit()
y = two.get(Stock, 2)
two.delete(y)
two.commit()
say(inspect(y).detached, inspect(y).was_deleted, object_session(y))
error(lambda: x.name)
error(lambda: two.add(y))
say(one.get(Stock, 2), x in one)
one.rollback()
error(lambda: one.refresh(x))
x2 = Stock(id=2, name="again")
one.add(x2)
one.commit()
say(one.get(Stock, 2) is x2, object_session(x2).info, two.scalar(select(func.count(Stock.id))))
one.close()
two.close()
sql()
