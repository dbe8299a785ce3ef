"""PostgreSQL's own types: arrays, ranges, HSTORE, INET, BIT, native enum and domain, casts, any and all."""
import datetime as dt
from decimal import Decimal

from parity import *
from sqlalchemy import Column, Date, Integer, MetaData, Numeric, String, Table, all_, any_, cast, func, insert, literal, select, text, type_coerce
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import ARRAY, Range, array, array_agg, hstore

if not is_postgresql:
    say("skip")
    raise SystemExit
e = engine()
with e.begin() as c:
    c.exec_driver_sql("create extension if not exists hstore")
e.dispose()
md = MetaData()
mood = pg.ENUM("sad", "ok", name="mood")
zip_ = pg.DOMAIN("zip", String, check="length(value) = 5")
t = Table("t", md, Column("id", Integer, primary_key=True), Column("a", ARRAY(Integer)), Column("a2", ARRAY(String, dimensions=2)),
          Column("ad", ARRAY(Date)), Column("an", ARRAY(Numeric(6, 2))), Column("ir", pg.INT4RANGE), Column("dr", pg.DATERANGE), Column("nr", pg.NUMRANGE),
          Column("tr", pg.TSRANGE), Column("h", pg.HSTORE), Column("ip", pg.INET), Column("net", pg.CIDR),
          Column("mac", pg.MACADDR), Column("bit", pg.BIT(4)), Column("mood", mood), Column("zip", zip_), Column("moods", ARRAY(mood)),
          Column("iv", pg.INTERVAL), Column("ts", pg.TIMESTAMP(timezone=True)), Column("v", pg.TSVECTOR), Column("oid", pg.OID))
md.create_all(e)
forget()
conn = e.connect()
utc = dt.timezone.utc
conn.execute(insert(t).values(id=1, a=[1, 2, 3], a2=[["a", "b"], ["c", None]], ad=[dt.date(2020, 1, 2), None], an=[Decimal("1.50")],
             ir=Range(1, 10), dr=Range(dt.date(2020, 1, 1), dt.date(2020, 2, 1), bounds="[]"), nr=Range(Decimal("1.5"), None, bounds="(]"),
             tr=Range(dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2)), h={"k": "v", "n": None}, mood="ok",
             zip="12345", moods=["sad", "ok"], iv=dt.timedelta(days=2, seconds=3), ts=dt.datetime(2020, 1, 1, 12, tzinfo=utc), oid=7))
conn.execute(insert(t).values(id=2, a=[], ir=Range(empty=True), h={}, a2=[], ip="10.0.0.1", net="10.0.0.0/8", mac="08:00:2b:01:02:03"))
conn.execute(insert(t).values(id=3))


def q(*expr, where=None):
    s = select(*expr).order_by(t.c.id)
    return conn.execute(s.where(where) if where is not None else s).scalars().all()


def rng(r):
    return None if r is None else [r.lower, r.upper, r.bounds, r.isempty]


step("arrays")
say(q(t.c.a), q(t.c.a2), q(t.c.ad), q(t.c.an), q(t.c.moods), q(t.c.mood), q(t.c.zip), q(t.c.iv), q(t.c.ts), q(t.c.oid))
say(q(t.c.a[1]), q(t.c.a[1:2]), q(t.c.a2[2][1]), q(t.c.a + [9]), q(t.c.a == [1, 2, 3]))
say(q(t.c.id, where=t.c.a.contains([2])), q(t.c.id, where=t.c.a.overlap([3, 4])), q(t.c.id, where=t.c.a.contained_by([1, 2, 3, 4])))
say(q(t.c.id, where=t.c.a.any(2)), q(t.c.id, where=3 == any_(t.c.a)), q(t.c.id, where=t.c.a.all(0)), q(t.c.id, where=5 > all_(t.c.a)))
say(conn.scalar(select(array([1, 2]) + array([3]))), conn.scalar(select(array_agg(t.c.id))), conn.scalar(select(func.array_length(array([4, 5, 6]), 1))))
say(conn.scalar(select(array([array([1, 2]), array([3, 4])])[2][1])), conn.execute(select(func.unnest(t.c.a).label("x")).order_by("x")).scalars().all())
say(conn.execute(select(t.c.id).where(t.c.id == any_(array([1, 3]))).order_by(t.c.id)).scalars().all(), conn.scalar(select(cast([1, 2], ARRAY(Integer)))))
conn.execute(t.update().where(t.c.id == 1).values({t.c.a[2]: 20}))
conn.execute(t.update().where(t.c.id == 2).values(a=func.array_append(t.c.a, 5)))
say(q(t.c.a))
step("ranges")
for c in (t.c.ir, t.c.dr, t.c.nr, t.c.tr):
    say([rng(r) for r in q(c)])
say(q(t.c.id, where=t.c.ir.contains(5)), q(t.c.id, where=t.c.ir.contains(Range(2, 3))), q(t.c.id, where=t.c.ir.overlaps(Range(9, 20))))
say(q(t.c.id, where=t.c.ir << Range(10, 12)), q(t.c.id, where=t.c.ir.adjacent_to(Range(10, 12))), q(t.c.id, where=t.c.ir.contained_by(Range(0, 100))))
say(q(t.c.id, where=t.c.ir == Range(1, 10)), q(func.lower(t.c.ir)), q(func.isempty(t.c.ir)), [rng(r) for r in q(t.c.ir * Range(5, 20))])
say([rng(r) for r in q(t.c.ir + Range(5, 20), where=t.c.id == 1)], [rng(r) for r in q(t.c.ir - Range(5, 20), where=t.c.id == 1)])
r, s = Range(1, 5), Range(3, 8)
say(r.contains(3), 5 in r, r.overlaps(s), rng(r.union(s)), rng(r.intersection(s)), rng(r.difference(s)), r == Range(1, 5), r.adjacent_to(Range(5, 9)))
say(r.contained_by(Range(0, 9)), r.strictly_left_of(Range(6, 7)), r.lower_inc, r.upper_inc, r.upper_inf, r.is_empty, str(r), str(Range(None, 3)), bool(Range(empty=True)))
step("hstore")
say(q(t.c.h), q(t.c.h["k"]), q(t.c.id, where=t.c.h.has_key("k")), q(t.c.id, where=t.c.h.contains({"k": "v"})), q(t.c.h.keys()), q(t.c.h.defined("n")))
say(q(t.c.h + {"z": "1"}), q(t.c.h.delete("k")), q(t.c.h.slice(array(["k"]))), q(t.c.h.vals()), conn.scalar(select(hstore("a", "b"))), q(t.c.h.matrix(), where=t.c.id == 1)[0])
step("others")
say([str(x) if x else None for x in q(cast(t.c.ip, String))], q(t.c.mac), q(t.c.id, where=t.c.ip.op("<<")(t.c.net)))
say(q(func.date_part("day", t.c.iv)), q(t.c.ts + dt.timedelta(hours=1)), q(t.c.id, where=t.c.ts > dt.datetime(2019, 1, 1, tzinfo=utc)))
conn.execute(t.update().where(t.c.id == 1).values(v=func.to_tsvector("english", "The fat cats ate rats")))
say(q(t.c.v), q(t.c.id, where=t.c.v.match("cat & rat", postgresql_regconfig="english")), q(t.c.id, where=t.c.v.bool_op("@@")(func.to_tsquery("english", "dog"))))
sp = conn.begin_nested()
x = error(lambda: conn.execute(insert(t).values(id=9, zip="1")))
say(x.orig.pgcode if hasattr(x.orig, "pgcode") else x.orig.sqlstate)
sp.rollback()
sql()
conn.rollback()
conn.close()
md.drop_all(e)
sql()
