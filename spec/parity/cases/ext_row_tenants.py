# Rows of tenants: criteria from a session's info, objects stamped at flush, updates and deletes kept inside.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, select, func, update, delete, insert
from sqlalchemy.orm import (declarative_base, relationship, Session, with_loader_criteria, joinedload, selectinload,
                            declared_attr)

Base = declarative_base()


class Tenant(Base):
    __tablename__ = "tenant"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


class HasTenant:
    @declared_attr
    def tenant_id(cls):
        return Column(ForeignKey("tenant.id"), nullable=False, index=True)


class Client(HasTenant, Base):
    __tablename__ = "client"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    bills = relationship("Bill", back_populates="client", order_by="Bill.id")


class Bill(HasTenant, Base):
    __tablename__ = "bill"
    id = Column(Integer, primary_key=True)
    amount = Column(Integer)
    client_id = Column(ForeignKey("client.id"))
    client = relationship("Client", back_populates="bills")


@event.listens_for(Session, "do_orm_execute")
def only_mine(state):
    tenant = state.session.info.get("tenant")
    if tenant is None or state.is_column_load or state.is_relationship_load:
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(
            with_loader_criteria(HasTenant, lambda cls: cls.tenant_id == tenant, include_aliases=True))


@event.listens_for(Session, "before_flush")
def stamp(session, context, instances):
    tenant = session.info.get("tenant")
    for o in session.new:
        if isinstance(o, HasTenant) and tenant is not None:
            if o.tenant_id is not None and o.tenant_id != tenant:
                raise ValueError("not yours")
            o.tenant_id = tenant


eng = engine()
Base.metadata.create_all(eng)
say(sorted(i.name for t in Base.metadata.sorted_tables for i in t.indexes))
with Session(eng) as s:
    s.add_all([Tenant(id=1, name="one"), Tenant(id=2, name="two")])
    s.commit()
forget()


def open_for(tenant):
    return Session(eng, info={"tenant": tenant})


step("two tenants write")
for t, names in ((1, ("ann", "al")), (2, ("bob",))):
    with open_for(t) as s:
        for n in names:
            s.add(Client(name=n, bills=[Bill(amount=10 * t), Bill(amount=10 * t + len(n))]))
        s.commit()
step("each sees its own")
for t in (1, 2, None):
    with open_for(t) as s:
        say(t, s.scalars(select(Client.name).order_by(Client.id)).all(), s.scalar(select(func.sum(Bill.amount))))
        sql()
step("relations")
with open_for(1) as s:
    for c in s.scalars(select(Client).options(selectinload(Client.bills)).order_by(Client.id)):
        say(c.name, [b.amount for b in c.bills])
    s.expunge_all()
    for c in s.scalars(select(Client).options(joinedload(Client.bills)).order_by(Client.id)).unique():
        say(c.name, [b.amount for b in c.bills])
    s.expunge_all()
    c = s.scalars(select(Client).order_by(Client.id)).first()
    sql()
    say([b.amount for b in c.bills], c.bills[0].client is c)
    sql()
    say(s.get(Client, 3), s.get(Client, 2).name)
step("another tenant's row by force")
with open_for(2) as s:
    error(lambda: s.scalars(select(Client).where(Client.name == "ann")).one())
    s.add(Client(name="eve", tenant_id=1))
    error(s.commit)
    s.rollback()
    say(s.scalar(select(func.count()).select_from(Client)))
step("bulk statements stay inside")
with open_for(2) as s:
    say(s.execute(update(Bill).values(amount=Bill.amount + 1)).rowcount)
    say(s.execute(delete(Bill).where(Bill.amount > 22)).rowcount)
    s.execute(insert(Bill), [{"amount": 5, "client_id": 3, "tenant_id": 2}])
    say(s.scalars(select(Bill.amount).order_by(Bill.id)).all())
    s.commit()
step("the same statement for the next tenant")
with open_for(1) as s:
    say(s.scalars(select(Bill.amount).order_by(Bill.id)).all())
    say(s.scalars(select(Client.name).where(Client.bills.any(Bill.amount > 11)).order_by(Client.name)).all())
    say(s.execute(select(Client.name, Bill.amount).join(Client.bills).order_by(Bill.id).limit(2)).all())
    s.info["tenant"] = 2
    say(s.scalars(select(Client.name)).all())
step("legacy queries too")
with open_for(1) as s:
    say(s.query(Client).count(), [c.name for c in s.query(Client).order_by(Client.name)])
    say(s.query(Bill).filter(Bill.amount > 10).update({"amount": 1}), s.query(Bill.amount).order_by(Bill.id).all())
    s.rollback()
event.remove(Session, "do_orm_execute", only_mine)
event.remove(Session, "before_flush", stamp)
step("end")
