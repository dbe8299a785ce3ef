"""First steps with connections, tables and statements, in the order in which one learns them."""
from parity import *
from sqlalchemy import (
    JSON, Column, ForeignKey, Integer, MetaData, String, Table, Values, and_, bindparam, cast, delete, desc, func, insert,
    literal_column, or_, select, text, type_coerce, union_all, update,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite

e = engine()
step("text")
with e.connect() as conn:
    say(conn.execute(text("select 'good morning'")).all())
    conn.execute(text("CREATE TABLE points (x int, y int)"))
    conn.execute(text("INSERT INTO points (x, y) VALUES (:x, :y)"), [{"x": 3, "y": 1}, {"x": 4, "y": 4}])
    conn.commit()
with e.begin() as conn:
    conn.execute(text("INSERT INTO points (x, y) VALUES (:x, :y)"), [{"x": 5, "y": 8}])
with e.connect() as conn:
    result = conn.execute(text("SELECT x, y FROM points WHERE y > :low ORDER BY x"), {"low": 0})
    for row in result:
        say(row.x, row[1], row)
    for x, y in conn.execute(text("SELECT x, y FROM points ORDER BY y DESC")):
        say(x, y)
    for row in conn.execute(text("SELECT x, y FROM points ORDER BY x")).mappings():
        say(row["x"], row["y"])
    say(conn.execute(text("SELECT count(*) FROM points")).scalar_one())
with sa.orm.Session(e) as session:
    result = session.execute(text("UPDATE points SET y=:y WHERE x=:x"), [{"x": 3, "y": 11}, {"x": 5, "y": 15}])
    session.commit()
    say(session.execute(text("SELECT x, y FROM points WHERE y > :y ORDER BY x, y"), {"y": 6}).all())

step("tables")
md = MetaData()
member = Table(
    "member", md,
    Column("id", Integer, primary_key=True),
    Column("name", String(30)),
    Column("city", String),
)
loan = Table(
    "loan", md,
    Column("id", Integer, primary_key=True),
    Column("member_id", ForeignKey("member.id"), nullable=False),
    Column("title", String, nullable=False),
)
say(member.c.name, list(member.c.keys()), [c.name for c in member.primary_key], loan.c.member_id.type)
md.create_all(e)
sql()
points = Table("points", md, autoload_with=e)
say([(c.name, str(c.type)) for c in points.c], [t.name for t in md.sorted_tables])
forget()

step("insert")
stmt = insert(member).values(name="ida", city="Ulm")
say(stmt, stmt.compile().params)
with e.connect() as conn:
    result = conn.execute(stmt)
    say(result.inserted_primary_key, result.inserted_primary_key.id)
    conn.commit()
say(insert(member))
with e.connect() as conn:
    conn.execute(insert(member), [{"name": "bo", "city": "Bern"}, {"name": "cy", "city": "Graz"}])
    conn.commit()
who = select(member.c.id).where(member.c.name == bindparam("who")).scalar_subquery()
with e.connect() as conn:
    conn.execute(insert(loan).values(member_id=who), [
        {"who": "ida", "title": "Emma"}, {"who": "bo", "title": "Faust"}, {"who": "bo", "title": "Candide"},
    ])
    conn.commit()
forget()
say(insert(member).values().compile(dialect=sqlite.dialect()))
say(insert(loan).returning(loan.c.id, loan.c.title))
source = select(member.c.id, member.c.name + "'s card")
say(insert(loan).from_select(["member_id", "title"], source))
say(insert(loan).from_select(["member_id", "title"], source).returning(loan.c.id, loan.c.title))

step("select")
stmt = select(member).where(member.c.name == "ida")
say(stmt)
with e.connect() as conn:
    for row in conn.execute(stmt):
        say(row, row.city)
say(select(member.c.name, member.c.city))
say(select(member.c["name", "city"]))
with e.connect() as conn:
    for row in conn.execute(select(("Member: " + member.c.name).label("tag")).order_by(member.c.name)):
        say(row.tag)
    say(conn.execute(select(text("'x y'"), member.c.name).order_by(member.c.name)).all())
    for row in conn.execute(select(literal_column("'x y'").label("p"), member.c.name).order_by(member.c.name)):
        say(row.p, row.name)
say(member.c.name == "ida", loan.c.member_id > 10)
say(select(loan.c.title).where(member.c.name == "ida").where(loan.c.member_id == member.c.id))
say(select(loan.c.title).where(member.c.name == "ida", loan.c.member_id == member.c.id))
say(select(loan.c.title).where(and_(or_(member.c.name == "ida", member.c.name == "bo"), loan.c.member_id == member.c.id)))
say(select(member).filter_by(city="Ulm"))
say(select(member.c.name, loan.c.title))
say(select(member.c.name, loan.c.title).join_from(member, loan))
say(select(member.c.name, loan.c.title).join(loan))
say(select(loan.c.title).select_from(member).join(loan))
say(select(func.count("*")).select_from(member))
say(select(loan.c.title).select_from(member).join(loan, member.c.id == loan.c.member_id))
say(select(member).join(loan, isouter=True))
say(select(member).join(loan, full=True))
say(select(member).order_by(member.c.name, member.c.city.desc()))
say(func.count(member.c.id))
with e.connect() as conn:
    say(conn.execute(
        select(member.c.name, func.count(loan.c.id).label("count")).join(loan).group_by(member.c.name)
        .having(func.count(loan.c.id) > 1)
    ).all())
say(select(loan.c.member_id, func.count(loan.c.id).label("num")).group_by("member_id").order_by("member_id", desc("num")))
error(lambda: str(select(loan.c.id).order_by("nothing").compile()))

step("aliases, subqueries")
a, b = member.alias(), member.alias()
say(select(a.c.name, b.c.name).join_from(a, b, a.c.id > b.c.id))
subq = select(func.count(loan.c.id).label("count"), loan.c.member_id).group_by(loan.c.member_id).subquery()
say(subq)
say(select(subq.c.member_id, subq.c.count))
say(select(member.c.name, subq.c.count).join_from(member, subq))
cte = select(func.count(loan.c.id).label("count"), loan.c.member_id).group_by(loan.c.member_id).cte()
say(select(member.c.name, cte.c.count).join_from(member, cte))
count = select(func.count(loan.c.id)).where(member.c.id == loan.c.member_id).scalar_subquery()
say(count)
say(count == 5)
say(select(member.c.name, count.label("loans")))
stmt = select(member.c.name, loan.c.title, count.label("loans")).join_from(member, loan)
error(lambda: str(stmt))
with e.connect() as conn:
    say(conn.execute(
        select(member.c.name, loan.c.title, count.correlate(member).label("loans")).join_from(member, loan)
        .order_by(member.c.id, loan.c.id)
    ).all())
side = select(func.count(loan.c.id).label("n"), loan.c.title).where(member.c.id == loan.c.member_id).group_by(loan.c.title).lateral()
say(select(member.c.name, side.c.n, side.c.title).join_from(member, side, sa.true()).order_by(member.c.id))
u = union_all(select(member).where(member.c.name == "bo"), select(member).where(member.c.name == "ida"))
with e.connect() as conn:
    say(conn.execute(u).all())
    us = u.subquery()
    say(conn.execute(select(us.c.name, loan.c.title).join_from(loan, us).order_by(us.c.name, loan.c.title)).all())
    many = (
        select(func.count(loan.c.id)).where(member.c.id == loan.c.member_id).group_by(loan.c.member_id)
        .having(func.count(loan.c.id) > 1)
    ).exists()
    say(conn.execute(select(member.c.name).where(many)).all())
    some = select(loan.c.id).where(member.c.id == loan.c.member_id).exists()
    say(conn.execute(select(member.c.name).where(~some)).all())

step("functions")
say(select(func.count()).select_from(member))
say(select(func.lower("MUCH Shouting")))
say(select(func.something_odd(member.c.name, 17)))
say(select(func.now()).compile(dialect=postgresql.dialect(paramstyle="named")))
say(func.now().type, func.no_idea().type, func.max(Column("n", Integer)).type, func.max(Column("s", String)).type)
say(func.current_date().type, func.concat("x", "y").type, func.upper("low").type, func.count().type)
say(select(func.json_object('{a, 1}', type_=JSON)["a"]))
say(select(func.upper("low") + " suffix"))
say(select(func.row_number().over(partition_by=member.c.name), member.c.name).join(loan))
say(select(func.count().over(order_by=member.c.name), member.c.name))
say(func.unnest(func.percentile_disc([0.25, 0.5]).within_group(member.c.name)))
with e.connect() as conn:
    say(conn.execute(
        select(func.count(loan.c.title).filter(member.c.name == "bo"), func.count(loan.c.title).filter(member.c.name == "ida"))
        .select_from(member).join(loan)
    ).all())
    say(conn.execute(select(cast(member.c.id, String)).order_by(member.c.id)).all())
each = func.json_each('["ja", "nein"]').table_valued("value")
say(select(each).where(each.c.value.in_(["nein", "egal"])))
say(select(func.json_array_elements('["ja", "nein"]').column_valued("x")))
say(cast("{'a': 'b'}", JSON)["a"])
say(select(type_coerce({"k": {"foo": "bar"}}, JSON)["k"]).compile(dialect=mysql.dialect()))

step("update, delete")
say(update(member).where(member.c.name == "cy").values(city="Linz"))
say(update(member).values(city="City: " + member.c.name))
with e.begin() as conn:
    conn.execute(
        update(member).where(member.c.name == bindparam("old")).values(name=bindparam("new")),
        [{"old": "cy", "new": "cyd"}, {"old": "bo", "new": "bob"}],
    )
last = select(loan.c.title).where(loan.c.member_id == member.c.id).order_by(loan.c.id).limit(1).scalar_subquery()
say(update(member).values(city=last))
multi = update(member).where(member.c.id == loan.c.member_id).where(loan.c.title == "Emma")
say(multi.values(city="Rome"))
say(multi.values({member.c.city: "Rome", loan.c.title: "Emma II"}).compile(dialect=mysql.dialect()))
values = Values(member.c.id, member.c.name, name="renamed").data([(1, "ida b."), (2, "bo b.")])
say(member.update().values(name=values.c.name).where(member.c.id == values.c.id).compile(dialect=postgresql.dialect(paramstyle="named")))
say(update(points).ordered_values((points.c.y, 20), (points.c.x, points.c.y + 10)))
say(delete(member).where(member.c.name == "cyd"))
gone = delete(member).where(member.c.id == loan.c.member_id).where(loan.c.title == "Emma")
say(gone.compile(dialect=mysql.dialect()))
with e.begin() as conn:
    say(conn.execute(update(member).values(city="Wien").where(member.c.name == "cyd")).rowcount)
    say(conn.execute(delete(member).where(member.c.name == "cyd").returning(member.c.id, member.c.city)).all())
say(update(member).where(member.c.name == "ida").values(city="Wien").returning(member.c.id, member.c.name))
sql()
