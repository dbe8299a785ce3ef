# A schema for each tenant: schema_translate_map on engines, connections and sessions, for tables that have none.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, MetaData, Table, insert, update
from sqlalchemy.orm import declarative_base, relationship, Session, selectinload, joinedload
from sqlalchemy.pool import StaticPool

Base = declarative_base()


class Plan(Base):
    __tablename__ = "plan"
    __table_args__ = {"schema": "common"}
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class Account(Base):
    __tablename__ = "account"
    __table_args__ = {"schema": "tenant"}
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    plan_id = Column(Integer)
    plan = relationship("Plan", primaryjoin="foreign(Account.plan_id) == Plan.id")
    logins = relationship("Login", back_populates="account", order_by="Login.id")


class Login(Base):
    __tablename__ = "login"
    __table_args__ = {"schema": "tenant"}
    id = Column(Integer, primary_key=True)
    word = Column(String(20))
    account_id = Column(ForeignKey("tenant.account.id"))
    account = relationship("Account", back_populates="logins")


eng = engine(poolclass=StaticPool) if not is_postgresql else engine()
make = "CREATE SCHEMA " if is_postgresql else "ATTACH DATABASE ':memory:' AS "
with eng.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
    for name in ("red", "blue", "common"):
        conn.exec_driver_sql(make + name)
forget()
red = eng.execution_options(schema_translate_map={"tenant": "red"})
blue = eng.execution_options(schema_translate_map={"tenant": "blue"})
step("one set of tables for each")
with eng.begin() as conn:
    Plan.__table__.create(conn)
for e in (red, blue):
    with e.begin() as conn:
        Account.__table__.create(conn, checkfirst=False)
        Login.__table__.create(conn, checkfirst=False)
sql()
say(sorted(sa.inspect(eng).get_table_names(schema="red")), sa.inspect(eng).has_table("login", schema="blue"))
forget()
step("write")
with Session(red) as s:
    s.add(Plan(id=1, name="gold"))
    s.flush()
    s.add(Account(name="rita", plan_id=1, logins=[Login(word="a"), Login(word="b")]))
    s.commit()
with Session(blue) as s:
    s.add_all([Account(name="bill", plan_id=1), Account(name="bo")])
    s.commit()
step("read")
for e in (red, blue):
    with Session(e) as s:
        for a in s.scalars(select(Account).order_by(Account.id)):
            say(a.name, a.plan.name if a.plan else None, [x.word for x in a.logins])
        sql()
step("eager")
with Session(red) as s:
    q = select(Account).options(joinedload(Account.plan), selectinload(Account.logins))
    for a in s.scalars(q):
        say(a.name, a.plan.name, [x.word for x in a.logins])
    say(s.execute(select(Account.name, func.count(Login.id)).join(Account.logins).group_by(Account.name)).all())
step("per statement")
with Session(eng) as s:
    for m in ("red", "blue"):
        say(m, s.scalars(select(Account.name).order_by(Account.id),
                         execution_options={"schema_translate_map": {"tenant": m}}).all())
    q = select(Account.name).where(Account.name.like("b%")).order_by(Account.name)
    say(s.scalars(q.execution_options(schema_translate_map={"tenant": "blue"})).all())
step("per session's connection")
with Session(eng) as s:
    s.connection(execution_options={"schema_translate_map": {"tenant": "blue"}})
    bill = s.scalars(select(Account).where(Account.name == "bill")).one()
    bill.logins.append(Login(word="c"))
    s.execute(update(Account).where(Account.name == "bo").values(name="bob"))
    s.commit()
step("identity is not by schema")
with Session(red) as s:
    say(s.get(Account, 1).name)
with Session(blue) as s:
    say(s.get(Account, 1).name, [x.word for x in s.get(Account, 1).logins], s.get(Account, 2).name)
step("core")
with blue.connect() as conn:
    say(conn.execute(select(Account.__table__.c.name).order_by(Account.__table__.c.id)).all())
    conn = conn.execution_options(schema_translate_map={"tenant": "red"})
    say(conn.execute(select(Account.__table__.c.name)).all())
plain = Table("loose", MetaData(), Column("id", Integer, primary_key=True))
with eng.connect().execution_options(schema_translate_map={None: "blue"}) as conn:
    plain.create(conn, checkfirst=False)
    conn.execute(insert(plain).values(id=3))
    say(conn.execute(select(plain)).all())
    conn.commit()
say(str(select(Account.name).compile(schema_translate_map={"tenant": "x"}, render_schema_translate=True)))
say(str(select(Account.name)))
step("end")
