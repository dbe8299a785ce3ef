"""The shapes of inserting, updating and reading much: sessions, bulk methods, statements, Core."""
from parity import *
from sqlalchemy import Column, Integer, String, bindparam, func, insert, select, update
from sqlalchemy.orm import Bundle, Session, declarative_base, load_only

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    about = Column(String(40))


e = engine()
Base.metadata.create_all(e)
forget()
table = Customer.__table__
N = 6


def rows(prefix, start=None):
    made = [{"name": "%s%d" % (prefix, i), "about": "about %d" % i} for i in range(N)]
    if start is not None:
        for i, row in enumerate(made):
            row["id"] = start + i
    return made


def session_add_one_by_one(s):
    for row in rows("one"):
        s.add(Customer(**row))
        s.flush()


def session_add_all(s):
    s.add_all([Customer(**row) for row in rows("all")])
    s.flush()


def session_add_all_with_keys(s):
    s.add_all([Customer(**row) for row in rows("keys", 1000)])
    s.flush()


def bulk_save(s):
    s.bulk_save_objects([Customer(**row) for row in rows("save")])


def bulk_save_returning(s):
    made = [Customer(**row) for row in rows("ret")]
    s.bulk_save_objects(made, return_defaults=True)
    say(all(c.id for c in made), made[0] in s)


def bulk_mappings(s):
    s.bulk_insert_mappings(Customer, rows("map"))


def orm_insert(s):
    s.execute(insert(Customer), rows("orm"))


def orm_insert_returning(s):
    made = s.scalars(insert(Customer).returning(Customer, sort_by_parameter_order=True), rows("oret")).all()
    say([c.name for c in made], made[0] in s)


def orm_insert_values(s):
    s.execute(insert(Customer).values(rows("vals")))


def core_insert(s):
    s.connection().execute(insert(table), rows("core"))


def core_one_by_one(s):
    conn = s.connection()
    for row in rows("single"):
        say(len(conn.execute(table.insert().values(**row)).inserted_primary_key) if row["name"].endswith("0") else
            conn.execute(table.insert(), row).rowcount)


s = Session(e)
for fn in (session_add_one_by_one, session_add_all, session_add_all_with_keys, bulk_save, bulk_save_returning,
    bulk_mappings,
           orm_insert, orm_insert_returning, orm_insert_values, core_insert, core_one_by_one):
    step(fn.__name__)
    fn(s)
    sql()
    s.commit()
    forget()
    say(s.scalar(select(func.count(Customer.id))))
step("updates one by one")
s.expunge_all()
first = s.scalars(select(Customer).order_by(Customer.id).limit(N)).all()
for c in first:
    c.about += "!"
s.commit()
sql()
step("updates by key")
s.execute(update(Customer), [{"id": c.id, "name": c.name.upper()} for c in first])
s.bulk_update_mappings(Customer, [{"id": first[0].id, "about": "m"}])
first[1].name = "object"
s.bulk_save_objects(first[1:2])
say([c.name for c in s.scalars(select(Customer).order_by(Customer.id).limit(3).execution_options(populate_existing=True))])
s.connection().execute(table.update().where(table.c.id == bindparam("k")).values(name=bindparam("n")),
                       [{"k": first[0].id, "n": "p"}, {"k": first[2].id, "n": "q"}])
s.commit()
sql()
step("reading objects, columns, bundles")
s.expunge_all()
stmt = select(Customer).order_by(Customer.id)
say(len(s.scalars(stmt).all()), len([1 for _ in s.execute(select(Customer.id, Customer.name))]))
say([r.b.name for r in s.execute(select(Bundle("b", Customer.id, Customer.name)).order_by(Customer.id).limit(2))])
say([c.name for c in s.scalars(stmt.options(load_only(Customer.name)).limit(2))])
sql()
step("in parts")
s.expunge_all()
seen = []
for part in s.scalars(stmt.execution_options(yield_per=20)).partitions():
    seen.append(len(part))
say(seen, sum(seen) == s.scalar(select(func.count(Customer.id))))
seen = 0
for row in s.execute(select(table.c.id), execution_options={"stream_results": True, "max_row_buffer": 10}):
    seen += 1
say(seen)
result = s.execute(select(table.c.name).order_by(table.c.id))
say(result.fetchmany(2), result.fetchone(), len(result.fetchall()), result.closed)
with e.connect() as conn:
    say([tuple(r) for r in conn.execute(select(table.c.id, table.c.name).order_by(table.c.id).limit(2))])
    say(conn.execute(table.select().order_by(table.c.id)).mappings().first()["name"])
s.close()
sql()
