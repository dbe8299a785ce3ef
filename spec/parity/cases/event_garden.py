"""Events of mappers and instances, a garden: arguments and order over insert, update, delete, load, refresh, expire,
pickle-free life of an object; changes made by listeners; errors thrown; propagate, once, remove, contains, retval."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Bed(Base):
    __tablename__ = "beds"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    count = mapped_column(Integer, default=0)
    plants = relationship("Plant", back_populates="bed", cascade="all, delete-orphan", order_by="Plant.id")


class Plant(Base):
    __tablename__ = "plants"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    height = mapped_column(Integer)
    kind = mapped_column(String(10))
    bed_id = mapped_column(ForeignKey("beds.id"))
    bed = relationship(Bed, back_populates="plants")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "plant"}


class Tree(Plant):
    rings = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "tree"}


def name(o):
    return "%s(%s)" % (type(o).__name__, o.name if "name" not in inspect(o).unloaded else "?")


expired = []


def title(text):
    say("  expire", *sorted(expired))
    expired.clear()
    step(text)


for cls in (Bed, Plant):
    for n in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
        event.listen(cls, n, lambda m, c, t, n=n: say(" ", n, m.class_, name(t), type(c).__name__), propagate=True)
    event.listen(cls, "init", lambda t, a, k: say("  init", type(t).__name__, sorted(k)), propagate=True)
    event.listen(cls, "load", lambda t, ctx: say("  load", name(t), ctx is not None), propagate=True)
    event.listen(cls, "refresh", lambda t, ctx, attrs: say("  refresh", name(t), sorted(attrs or ["all"])),
        propagate=True)
    event.listen(cls, "refresh_flush", lambda t, ctx, attrs: say("  refresh_flush", name(t), sorted(attrs)),
        propagate=True)
    event.listen(cls, "expire", lambda t, attrs: expired.append((type(t).__name__, sorted(attrs or ["all"]))),
        propagate=True)

e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("init")
bed = Bed(id=1, name="north")
rose = Plant(id=1, name="rose", height=3, bed=bed)
oak = Tree(id=2, name="oak", height=90, rings=5)
bed.plants.append(oak)
title("insert")
s.add(bed)
s.flush()
title("update")
oak.rings = 6
rose.height = 3
s.flush()
rose.height = 4
bed.plants.remove(rose)
bed.plants.append(rose)
s.flush()
title("expire and refresh")
s.expire(oak, ["rings"])
say(oak.rings)
s.refresh(rose)
s.refresh(oak, ["height"])
s.commit()
say(oak.name)
title("load")
s.expunge_all()
plants = s.scalars(select(Plant).order_by(Plant.id)).all()
say(plants[0].bed.name)
s.scalars(select(Bed).options(selectinload(Bed.plants))).all()
s.scalars(select(Plant).execution_options(populate_existing=True).order_by(Plant.id)).all()
title("delete")
bed = plants[0].bed
rose, oak = plants
bed.plants.remove(rose)
s.flush()
s.delete(oak)
s.commit()
sql()
title("listeners that change")


def grow(mapper, connection, target):
    target.height = (target.height or 0) + 1
    connection.execute(update(Bed.__table__).values(count=Bed.__table__.c.count + 1))
    connection.execute(insert(Plant.__table__).values(id=target.id + 100, name="shadow", kind="plant"))


event.listen(Tree, "before_insert", grow)
say(event.contains(Tree, "before_insert", grow), event.contains(Plant, "before_insert", grow))
fir = Tree(id=10, name="fir", bed=bed)
s.add(fir)
s.flush()
say(fir.height, bed.count)
s.refresh(bed)
say(bed.count, s.get(Plant, 110).name)
sql()
event.remove(Tree, "before_insert", grow)
say(event.contains(Tree, "before_insert", grow))
title("once")
calls = []
event.listen(Plant, "before_update", lambda m, c, t: calls.append(t.name), once=True)
event.listen(Plant, "before_update", lambda m, c, t: calls.append("first"), insert=True)
herb = Plant(id=11, name="herb", height=1)
s.add(herb)
s.flush()
herb.height = 2
s.flush()
herb.height = 3
s.flush()
say(calls)
title("listeners that throw")


def forbid(mapper, connection, target):
    if target.height > 100:
        raise ValueError("too high")


event.listen(Plant, "before_update", forbid)
herb.height = 101
error(s.flush)
say(s.is_active, inspect(herb).persistent)
s.rollback()
say(inspect(herb).transient, s.is_active, herb.height)
event.listen(Bed, "init", lambda t, a, k: k.setdefault("name", "default"))
say(Bed().name)
event.listen(Bed, "load", lambda t, ctx: setattr(t, "seen", "yes"))
s.expunge_all()
b = s.get(Bed, 1)
say(b.seen, b in s.dirty)
title("wrong")
error(lambda: event.listen(Plant, "before_nothing", forbid))
refused(lambda: event.listen(5, "before_insert", forbid))
error(lambda: event.remove(Bed, "before_insert", forbid))
s.rollback()
forget()
title("configure")


@event.listens_for(Mapper, "before_mapper_configured")
def configured(mapper, cls):
    say("  before", cls.__name__)


@event.listens_for(Mapper, "mapper_configured")
def done(mapper, cls):
    say("  mapped", cls.__name__, sorted(mapper.attrs.keys()))


event.listen(Mapper, "before_configured", lambda: say("  all before"))
event.listen(Mapper, "after_configured", lambda: say("  all after"))
event.listen(Base, "class_instrument", lambda cls: say("  instrument", cls.__name__), propagate=True)


class Tool(Base):
    __tablename__ = "tools"
    id = mapped_column(Integer, primary_key=True)


configure_mappers()
say(type(Tool(id=1)).__name__)
