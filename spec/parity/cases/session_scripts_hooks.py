# do_orm_execute in all its uses, refresh and load events, attribute events with a session behind.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Actor(Base):
    __tablename__ = "actor"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    retired = Column(Boolean, default=False)
    roles = relationship("Role", back_populates="actor", order_by="Role.id")


class Role(Base):
    __tablename__ = "role"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    actor_id = Column(ForeignKey("actor.id"))
    actor = relationship(Actor, back_populates="roles")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Actor(name="Ann", roles=[Role(name="Lear"), Role(name="Puck")]))
    s.flush()
    s.add(Actor(name="Bob", retired=True, roles=[Role(name="Iago")]))
    s.commit()
forget()

Local = sessionmaker(e)
on = {"trace": True, "hide": False, "cached": False}


@event.listens_for(Local, "do_orm_execute")
def trace(state):
    if not on["trace"]:
        return
    kinds = [k for k in ("is_select", "is_insert", "is_update", "is_delete", "is_column_load", "is_relationship_load",
        "is_orm_statement") if getattr(state, k)]
    mapper = state.bind_mapper
    say(" do", kinds, mapper.class_ if mapper else None, len(state.user_defined_options))
    if on["hide"] and state.is_select and not state.is_column_load and not state.is_relationship_load:
        state.statement = state.statement.options(with_loader_criteria(Actor, lambda cls: cls.retired == False,
            include_aliases=True))


for cls in (Actor, Role):
    event.listen(cls, "load", lambda target, ctx: say(" load", type(target).__name__, target.id))
    event.listen(cls, "refresh", lambda target, ctx,
        attrs: say(" refresh", type(target).__name__, sorted(attrs) if attrs else None))
    event.listen(cls, "expire", lambda target, attrs: say(" expire", type(target).__name__,
        sorted(attrs) if attrs else None))


@event.listens_for(Actor.name, "set", active_history=True)
def renamed(target, value, old, initiator):
    say(" set", value, old)


@event.listens_for(Actor.roles, "append")
def gained(target, value, initiator):
    say(" append", target.name, value.name)


@event.listens_for(Role.actor, "set")
def cast(target, value, old, initiator):
    say(" actor", value.name if value else None, old.name if old is not None and old is not sa.orm.base.NO_VALUE else None)


with Local() as s:
    step("select and lazy load")
    ann = s.scalars(select(Actor).order_by(Actor.id)).first()
    say([r.name for r in ann.roles])
    step("get, refresh, expire")
    s.get(Actor, 2)
    s.refresh(ann, ["name"])
    s.expire(ann, ["name"])
    say(ann.name)
    s.expire(ann)
    say(ann.retired)
    step("options")
    s.scalars(select(Role).options(joinedload(Role.actor)).order_by(Role.id)).all()
    step("changes")
    ann.name = "Anna"
    role = Role(name="Ajax")
    ann.roles.append(role)
    role.actor = s.get(Actor, 2)
    s.flush()
    step("dml")
    s.execute(update(Actor).where(Actor.id == 2).values(name="Bobby"))
    s.execute(insert(Role), [{"name": "Echo"}])
    s.execute(delete(Role).where(Role.name == "Echo"))
    s.execute(text("select 1"))
    s.rollback()
    step("hidden rows")
    on["hide"] = True
    say(s.scalars(select(Actor.name)).all())
    say(s.execute(select(Role.name, Actor.name).join(Role.actor).order_by(Role.id)).all())
    other = aliased(Actor)
    say(s.scalars(select(other.name)).all())
    say([r.actor.name for r in s.scalars(select(Role).order_by(Role.id))])
    on["hide"] = False
step("a listener that answers itself")
on["trace"] = False
store = {}


@event.listens_for(Local, "do_orm_execute")
def answer(state):
    key = state.execution_options.get("key")
    if key is None:
        return None
    if key not in store:
        say(" miss", key)
        store[key] = state.invoke_statement().freeze()
    return store[key]()


with Local() as s:
    for i in range(2):
        say(s.scalars(select(Actor.name).order_by(Actor.id), execution_options={"key": "names"}).all())
    found = s.execute(select(Actor).order_by(Actor.id), execution_options={"key": "actors"}).scalars().all()
    again = s.execute(select(Actor).order_by(Actor.id), execution_options={"key": "actors"}).scalars().all()
    say([a is b for a, b in zip(found, again)])
step("queries inside load")


@event.listens_for(Role, "load")
def count(target, ctx):
    say(" roles", ctx.session.scalar(select(func.count(Role.id)).where(Role.actor_id == target.actor_id)))


with Local() as s:
    say([r.name for r in s.scalars(select(Role).order_by(Role.id))])
sql()
