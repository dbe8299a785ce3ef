"""Changes of objects that are deleted: marks and histories before and after the flush, commit, rollbacks."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, delete, event, inspect
from sqlalchemy.orm import Session, declarative_base, make_transient, relationship

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    best_id = Column(ForeignKey("item.id", name="fk_best"))
    best = relationship("Item", remote_side=id, post_update=True)


def looks(obj):
    state = inspect(obj)
    names = "transient", "pending", "persistent", "deleted", "detached"
    say([name for name in names if getattr(state, name)], state.modified, sorted(state.committed_state))
    say(state.attrs.name.history, obj in s.dirty)


e = engine()
Base.metadata.create_all(e, checkfirst=False)
forget()
for name in ("deleted_to_detached", "pending_to_transient", "persistent_to_transient", "deleted_to_persistent",
             "persistent_to_deleted"):
    event.listen(Session, name, lambda session, obj, name=name: say(name))
s = Session(e, autoflush=False)


def stored(key):
    item = Item(id=key, name="old")
    s.add(item)
    s.commit()
    say(item.name)
    return item


step("committed")
item = stored(1)
item.name = "new"
s.delete(item)
looks(item)
s.flush()
looks(item)
item.name = "newer"
s.commit()
looks(item)
error(lambda: s.add(item))
make_transient(item)
say(inspect(item).transient, inspect(item).modified)
s.add(item)
s.commit()
looks(item)
step("rolled back")
item = stored(2)
item.name = "new"
s.delete(item)
s.flush()
s.rollback()
looks(item)
say(item.name)
step("new in the same transaction")
item = Item(id=3, name="old")
s.add(item)
s.flush()
item.name = "new"
s.delete(item)
s.flush()
s.rollback()
looks(item)
s.add(Item(id=1))
error(s.flush)
s.rollback()
looks(item)
step("a savepoint")
item = stored(4)
item.name = "kept"
savepoint = s.begin_nested()
item.name = "lost"
s.delete(item)
s.flush()
savepoint.rollback()
looks(item)
say(item.name)
s.rollback()
say(item.name)
step("by a statement")
item.name = "new"
s.execute(delete(Item).where(Item.id == 4))
looks(item)
s.commit()
looks(item)
step("deleted twice")
item, other = stored(5), stored(6)
item.best = other
s.commit()
s.delete(item)
s.commit()
looks(item)
s.delete(item)
error(s.flush)
s.rollback()
step("end")
