# When a flush fails: what is left of the session, of new, changed and deleted objects, and how one goes on.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Shop(Base):
    __tablename__ = "shop"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False, unique=True)
    goods = relationship("Good", back_populates="shop", order_by="Good.id")


class Good(Base):
    __tablename__ = "good"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))
    price = Column(Integer, CheckConstraint("price >= 0"))
    shop_id = Column(ForeignKey("shop.id"), nullable=False)
    shop = relationship(Shop, back_populates="goods")


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
corner = Shop(name="Corner", goods=[Good(label="tea", price=3), Good(label="jam", price=4)])
s.add(corner)
s.commit()
step("unique")
again = Shop(name="Corner")
s.add(again)
err = error(s.commit)
say(err.statement is not None, err.params is not None, err.orig is not None)
say(s.is_active, again in s, again in s.new, s.in_transaction())
error(lambda: corner.name)
error(lambda: s.add(Shop(name="late")) or s.flush())
error(s.commit)
s.rollback()
say(s.is_active, again in s, inspect(again).transient, corner.name)
again.name = "Second"
s.add(again)
s.commit()
say(again.name)
step("check")
tea = corner.goods[0]
tea.price = -1
error(s.flush)
s.rollback()
say(tea.price, s.is_modified(tea))
step("not null by taking away")
corner.goods.remove(tea)
say(tea.shop, tea.shop_id)
error(s.flush)
s.rollback()
say(tea.shop is corner, len(corner.goods))
step("not null by deleting the parent")
s.delete(corner)
error(s.flush)
say(inspect(corner).deleted, inspect(corner).persistent)
s.rollback()
say(corner in s, corner in s.deleted, len(corner.goods))
step("half of the rows went")
s.add_all([Shop(name="A"), Shop(name="B"), Shop(name="A")])
error(s.flush)
s.rollback()
say(s.scalars(select(Shop.name).order_by(Shop.id)).all())
step("error in autoflush")
s.add(Good(label="loose", price=1))
err = error(lambda: s.scalars(select(Shop)).all())
say("autoflush" in str(err))
s.rollback()
step("wrong types and classes")
refused(lambda: corner.goods.append("tea"))
refused(lambda: corner.goods.append(again))
refused(lambda: setattr(tea, "shop", tea))
refused(lambda: setattr(corner, "goods", [again]))
say([g.label for g in corner.goods])
refused(lambda: Shop(nmae="x"))
step("a value the database does not take")
tea.price = "dear"
error(s.flush) if e.dialect.name == "postgresql" else s.rollback()
s.rollback()
say(tea.price)
step("flush inside flush")


@event.listens_for(s, "before_flush")
def inner(session, context, instances):
    error(session.flush)


tea.price = 8
s.flush()
event.remove(s, "before_flush", inner)
s.rollback()
step("context managers")


def fails():
    with Session(e) as t, t.begin():
        t.add(Shop(name="Lost"))
        t.flush()
        raise KeyError("x")


error(fails)
say(s.scalar(select(func.count(Shop.id))))
with Session(e) as t:
    t.add(Shop(name="Forgotten"))
    t.flush()
say(s.scalar(select(func.count(Shop.id))))
step("commit twice, rollback twice")
s.commit()
s.commit()
s.rollback()
s.rollback()
s.close()
s.close()
say(s.in_transaction(), len(s.identity_map))
sql()
