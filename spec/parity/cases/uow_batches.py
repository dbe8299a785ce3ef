# How rows travel: inserts and updates gathered by their columns, expressions apart, counts checked, keys in order.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Cell(Base):
    __tablename__ = "cell"
    id = Column(Integer, primary_key=True)
    a = Column(Integer)
    b = Column(Integer)
    c = Column(Integer, server_default="7")
    tag = Column(String(5))


class Pair(Base):
    __tablename__ = "pair"
    x = Column(Integer, primary_key=True, autoincrement=False)
    y = Column(Integer, primary_key=True, autoincrement=False)
    v = Column(String(5))


counts = []
e = engine()


@event.listens_for(e, "after_cursor_execute")
def _count(conn, cursor, statement, parameters, context, executemany):
    counts.append((statement.split()[0], executemany))


def taken():
    result = [verb for verb, many in counts if verb in ("INSERT", "UPDATE", "DELETE")]
    counts.clear()
    return result


Base.metadata.create_all(e)
forget()
taken()
with Session(e) as s:
    step("one shape")
    cells = [Cell(a=i, b=i * 2) for i in range(6)]
    s.add_all(cells)
    s.flush()
    say(len(taken()), [c.id for c in cells])
    say([c.c for c in cells[:2]])
    step("mixed shapes keep their order")
    mixed = [Cell(a=1), Cell(a=2, tag="x"), Cell(a=3, tag="y"), Cell(b=4), Cell(a=5), Cell(a=6, c=1)]
    s.add_all(mixed)
    s.flush()
    say(taken(), [c.id for c in mixed])
    step("expression in an insert")
    s.add_all([Cell(a=1), Cell(a=literal(2) + 3), Cell(a=3)])
    s.flush()
    say(taken())
    say(s.scalars(select(Cell.a).where(Cell.id > 12).order_by(Cell.id)).all())
    step("updates by column set")
    for i, c in enumerate(cells):
        if i % 2:
            c.a = i + 100
        else:
            c.b = i + 200
    s.flush()
    say(taken())
    step("neighbours of one set travel together")
    for i, c in enumerate(cells):
        if i < 3:
            c.a = i
        else:
            c.a, c.b = i, i
    s.flush()
    say(taken())
    step("expression in an update")
    cells[0].a = Cell.a + 1
    cells[1].a = 50
    cells[2].a = Cell.b * 2
    s.flush()
    say(taken(), cells[0].a, cells[1].a, cells[2].a)
    step("None and back")
    cells[3].tag = None
    cells[4].tag = "t"
    cells[4].tag = None
    s.flush()
    say(taken())
    step("deletes")
    for c in cells[:3]:
        s.delete(c)
    s.flush()
    say(taken())
    s.commit()
    step("composite keys")
    s.add_all([Pair(x=2, y=1, v="a"), Pair(x=1, y=2, v="b"), Pair(x=1, y=1)])
    s.flush()
    say(taken(), s.execute(select(Pair.x, Pair.y).order_by(Pair.x, Pair.y)).all())
    p = s.get(Pair, (1, 1))
    q = s.get(Pair, (1, 2))
    step("keys change places through a third")
    p.y = 9
    s.flush()
    q.y = 1
    s.flush()
    p.y = 2
    s.flush()
    say(s.execute(select(Pair.x, Pair.y, Pair.v).order_by(Pair.x, Pair.y)).all())
    step("row switch")
    s.delete(p)
    new = Pair(x=1, y=2, v="new")
    s.add(new)
    s.flush()
    say(inspect(p).deleted, p in s, new in s, s.get(Pair, (1, 2)) is new)
    s.commit()
    step("a key missing")
    s.add(Pair(x=1))
    error(s.flush)
    s.rollback()
    s.add(Pair(x=1, y=1))
    error(s.flush)
    s.rollback()
    step("same key twice in the session")
    s.add_all([Pair(x=7, y=7, v="1"), Pair(x=7, y=7, v="2")])
    error(s.flush)
    s.rollback()
    say(s.scalar(select(func.count()).select_from(Pair)))
    step("row vanished")
    q = s.get(Pair, (1, 1))
    s.execute(text("delete from pair where x = 1 and y = 1"))
    q.v = "late"
    error(s.flush)
    s.rollback()
    say(s.get(Pair, (1, 1)).v, len(s.dirty))
sql()
