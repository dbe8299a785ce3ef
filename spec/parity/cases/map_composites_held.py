"""Composites changed in place tell their columns while anybody holds them: after a flush, an expiry, a rebuild."""
from parity import *
from sqlalchemy import Column, Integer, JSON, event, inspect
from sqlalchemy.ext.mutable import MutableComposite, MutableDict
from sqlalchemy.orm import Session, composite, declarative_base

Base = declarative_base()


class Span(MutableComposite):
    def __init__(self, low, high):
        self.low, self.high = low, high

    def __setattr__(self, key, value):
        object.__setattr__(self, key, value)
        self.changed()

    def __composite_values__(self):
        return self.low, self.high

    def __eq__(self, other):
        return isinstance(other, Span) and (self.low, self.high) == (other.low, other.high)


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    opts = Column(MutableDict.as_mutable(JSON))
    low = Column(Integer)
    high = Column(Integer)
    span = composite(Span, low, high)


event.listen(Doc.span, "set", lambda t, v, old, i: say("  set", v and [v.low, v.high]))
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)


def show(d):
    say(d.low, d.high, [d.span.low, d.span.high], d in s.dirty)


step("held over a flush and a commit")
held = Span(1, 2)
d = Doc(span=held, opts={"a": 1})
s.add(d)
s.flush()
held.high = 3
say(d.low, d.high, d in s.dirty)
s.flush()
show(d)
s.commit()
held.low = 0
say(d.low, d.high, d in s.dirty)
s.flush()
sql()
step("rebuilt beside it")
other = d.span
other.high = 8
say(d.span is other)
show(d)
s.flush()
sql()
step("replaced")
last = d.span
d.span = Span(5, 6)
last.low = 50
show(d)
d.span.low = 7
show(d)
s.commit()
forget()
step("shared")
two = Doc(span=d.span)
s.add(two)
s.flush()
d.span.high = 9
say(d in s.dirty, two in s.dirty, two.high)
s.flush()
sql()
step("a dict of an expired attribute")
opts = d.opts
s.expire(d, ["opts"])
error(lambda: opts.update(b=2))
say(d.opts, d in s.dirty)
d.opts.update(c=3)
s.commit()
say(d.opts)
sql()
step("what the mapper tells")
say(inspect(Doc).attrs.span.deferred)
