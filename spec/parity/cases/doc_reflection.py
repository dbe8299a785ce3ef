"""The page on reflection: overriding columns, views, several tables, schemas, the inspector, types for any database."""
from parity import *
from sqlalchemy import (Column, ForeignKey, Index, Integer, MetaData, Numeric, String, Table, TypeDecorator,
                        UniqueConstraint, CheckConstraint, event, inspect, select, types)
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.ext.declarative import DeferredReflection

e = engine()
made = MetaData()
Table("users", made, Column("user_id", Integer, primary_key=True), Column("user_name", String(16), nullable=False),
      Column("email", String(60), key="mail"), UniqueConstraint("user_name", name="uq_name"), Index("ix_mail", "mail"))
Table("addresses", made, Column("address_id", Integer, primary_key=True), Column("user_id", Integer, ForeignKey("users.user_id", ondelete="CASCADE")),
      Column("street", String(40), server_default="none"), Column("price", Numeric(10, 2)), CheckConstraint("price > 0", name="ck_price"))
Table("lonely", made, Column("x", Integer), Column("y", String))
made.create_all(e)
with e.begin() as conn:
    conn.exec_driver_sql("CREATE VIEW user_view AS SELECT user_id, user_name FROM users")
    conn.exec_driver_sql("INSERT INTO users VALUES (1, 'ann', 'a@x'), (2, 'bob', NULL)")
    conn.exec_driver_sql("INSERT INTO addresses VALUES (1, 1, 'road', 2.50), (2, 1, 'lane', 3)")
forget()


def columns(table):
    return [[c.key, c.name, str(c.type), c.nullable, c.primary_key] for c in table.c]



def chapter(title):
    """How the catalog is asked is the dialect's business."""
    forget()
    step(title)


chapter("one table brings another")
md = MetaData()
addresses = Table("addresses", md, autoload_with=e)
say(sorted(md.tables), columns(addresses))
say([fk.target_fullname for fk in addresses.foreign_keys], list(addresses.foreign_keys)[0].column is md.tables["users"].c.user_id)
say(Table("users", md) is md.tables["users"])
alone = MetaData()
say(Table("addresses", alone, autoload_with=e, resolve_fks=False).name, sorted(alone.tables))
chapter("columns of one's own")
md = MetaData()


class Upper(TypeDecorator):
    impl = String
    cache_ok = True

    def process_result_value(self, value, dialect):
        return value.upper() if value is not None else None


users = Table("users", md, Column("user_name", Upper(16)), Column("extra", Integer), autoload_with=e)
say(columns(users)[1:])
few = Table("users", MetaData(), autoload_with=e, include_columns=["user_id", "user_name"])
say([c.name for c in few.c], sorted(i.name for i in few.indexes))
with e.connect() as conn:
    say(conn.execute(select(users.c.user_name).order_by(users.c.user_id)).all())
again = Table("users", md, Column("later", Integer), extend_existing=True)
say(again is users, "later" in users.c)
error(lambda: Table("users", md, Column("later", Integer)))
say(Table("users", md, keep_existing=True) is users)
error(lambda: Table("nothing", MetaData(), autoload_with=e))
chapter("a view")
view = Table("user_view", MetaData(), Column("user_id", Integer, primary_key=True), autoload_with=e)
say([c.name for c in view.c], [c.name for c in view.primary_key])
with Session(e) as session:
    say(session.execute(select(view.c.user_name).where(view.c.user_id == 2)).scalar_one())
chapter("all of them")
md = MetaData()
md.reflect(e)
say([t.name for t in md.sorted_tables])
md = MetaData()
md.reflect(e, only=["lonely"], views=True)
say(sorted(md.tables))
md = MetaData()
md.reflect(e, only=lambda name, meta: name.startswith("user"), views=True)
say(sorted(md.tables))
error(lambda: MetaData().reflect(e, only=["nothing"]))
md = MetaData()
md.reflect(e)
say([str(c) for c in list(md.tables["addresses"].foreign_key_constraints)[0].columns])
md.clear()
say(len(md.tables))
chapter("the inspector")
insp = inspect(e)
say(sorted(insp.get_table_names()), insp.get_view_names(), insp.has_table("users"), insp.has_table("nobody"), insp.has_table("user_view"))
say([[c["name"], str(c["type"].as_generic()), c["nullable"]] for c in insp.get_columns("addresses")])
say(insp.get_pk_constraint("users")["constrained_columns"], insp.get_pk_constraint("lonely")["constrained_columns"])
for fk in insp.get_foreign_keys("addresses"):
    say(fk["constrained_columns"], fk["referred_table"], fk["referred_columns"], fk["options"])
say([[u["name"], u["column_names"]] for u in insp.get_unique_constraints("users")])
say([[i["name"], i["column_names"], bool(i["unique"])] for i in insp.get_indexes("users") if "duplicates_constraint" not in i])
say([c["name"] for c in insp.get_check_constraints("addresses")], insp.get_check_constraints("users"))
say("SELECT" in insp.get_view_definition("user_view"), insp.default_schema_name is not None)
error(lambda: insp.get_columns("nobody"))
say([name for name, _ in insp.get_sorted_table_and_fkc_names() if name != "lonely"])
say(sorted([key[1], [c["name"] for c in cols]] for key, cols in insp.get_multi_columns(filter_names=["users", "lonely"]).items()))
with e.begin() as conn:
    conn.exec_driver_sql("CREATE TABLE newer (id INTEGER PRIMARY KEY)")
say(insp.has_table("newer"), "newer" in insp.get_table_names())
insp.clear_cache()
say("newer" in insp.get_table_names())
chapter("listening")
md = MetaData()


@event.listens_for(md, "column_reflect")
def column_reflect(inspector, table, info):
    info["key"] = "attr_" + info["name"].lower()
    info["type"] = info["type"].as_generic()


heard = Table("users", md, autoload_with=e)
say(heard.c.keys(), heard.c.attr_email.name, [str(c.type) for c in heard.c])
tables = []
t = Table("lonely", MetaData(), autoload_with=e, listeners=[
    ("column_reflect", lambda inspector, table, info: tables.append(info["name"])),
    ("before_parent_attach", lambda target, parent: tables.append("before")),
])
say(tables)
chapter("classes over tables that were found")
Base = declarative_base()


class Reflected(DeferredReflection):
    __abstract__ = True


class User(Reflected, Base):
    __tablename__ = "users"
    addresses = relationship("Address", back_populates="user", order_by="Address.address_id")


class Address(Reflected, Base):
    __tablename__ = "addresses"
    road = Column("street", String)
    user = relationship("User", back_populates="addresses")


Reflected.prepare(e)
with Session(e) as session:
    ann = session.get(User, 1)
    say(ann.user_name, [a.road for a in ann.addresses], ann.addresses[0].user is ann)


class Lonely(Base):
    __table__ = Table("lonely", Base.metadata, autoload_with=e)
    __mapper_args__ = {"primary_key": [__table__.c.x]}


class Prefixed(Base):
    __table__ = Table("newer", Base.metadata, autoload_with=e)
    number = __table__.c.id


with Session(e) as session:
    session.add_all([Lonely(x=1, y="a"), Prefixed(number=5)])
    session.commit()
    say(session.get(Lonely, 1).y, session.scalars(select(Prefixed.number)).all())
