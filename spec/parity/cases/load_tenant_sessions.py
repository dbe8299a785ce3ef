"""Tenants in one schema: criteria on a mixin that a listener gives to statements and get(), several sessions."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class HasTenant:
    tenant_id = mapped_column(Integer, nullable=False, index=True)


class Company(HasTenant, Base):
    __tablename__ = "company"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))
    staff = relationship("Employee", back_populates="company", order_by="Employee.id",
                         foreign_keys="Employee.company_id")
    boss_id = mapped_column(ForeignKey("employee.id", use_alter=True))
    boss = relationship("Employee", foreign_keys=boss_id, post_update=True)
    skills = relationship("Skill", secondary="employee", primaryjoin="Company.id == Employee.company_id",
                          secondaryjoin="Skill.employee_id == Employee.id", viewonly=True, order_by="Skill.name")


class Employee(HasTenant, Base):
    __tablename__ = "employee"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String(10))
    name = mapped_column(String(10))
    company_id = mapped_column(ForeignKey("company.id"))
    company = relationship(Company, back_populates="staff", foreign_keys=company_id)
    skills = relationship("Skill", back_populates="employee", order_by="Skill.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "employee"}


class Manager(Employee):
    __tablename__ = "manager"
    id = mapped_column(ForeignKey("employee.id"), primary_key=True)
    level = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Skill(HasTenant, Base):
    __tablename__ = "skill"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))
    employee_id = mapped_column(ForeignKey("employee.id"))
    employee = relationship(Employee, back_populates="skills")


class Country(Base):
    __tablename__ = "country"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(10))


class TenantSession(Session):
    pass


make = sessionmaker(class_=TenantSession)


@event.listens_for(TenantSession, "do_orm_execute")
def only_mine(state):
    tenant = state.session.info.get("tenant")
    of_loader = state.is_column_load or state.is_relationship_load
    if tenant is not None and (state.is_select or state.is_update or state.is_delete) and not of_loader:
        if not state.execution_options.get("all_tenants", False):
            state.statement = state.statement.options(with_loader_criteria(
                HasTenant, lambda cls: cls.tenant_id == tenant, include_aliases=True))


@event.listens_for(TenantSession, "before_flush")
def stamp(session, ctx, instances):
    for obj in session.new:
        if isinstance(obj, HasTenant) and obj.tenant_id is None:
            obj.tenant_id = session.info["tenant"]


@event.listens_for(HasTenant, "load", propagate=True)
def loaded(target, context):
    if context is not None and context.session.info.get("tenant") not in (None, target.tenant_id):
        say("  foreign!", type(target).__name__, target.name)


e = engine()
Base.metadata.create_all(e)
forget()
step("fill")
for tenant in (1, 2):
    with make(bind=e, info={"tenant": tenant}) as s, s.begin():
        n = (tenant - 1) * 10
        c = Company(id=n + 1, name="c%d" % tenant)
        c.staff = [Employee(id=n + 1, name="e%d" % tenant,
                            skills=[Skill(id=n + 1, name="lua"), Skill(id=n + 2, name="sql")]),
                   Manager(id=n + 2, name="m%d" % tenant, level=tenant, skills=[Skill(id=n + 3, name="talk")])]
        s.add(c)
        c.boss = c.staff[1]
        s.add(Country(id=tenant, name="x"))
with Session(e) as s, s.begin():  # a row of the wrong tenant inside tenant 1's company
    s.add(Employee(id=5, name="spy", company_id=1, tenant_id=2))
    s.add(Skill(id=5, name="spying", employee_id=1, tenant_id=2))
s = make(bind=e, info={"tenant": 1})
step("select")
say([c.name for c in s.scalars(select(Company).order_by(Company.id))])
say(s.execute(select(Employee.name, Company.name).join(Employee.company).order_by(Employee.id)).all())
say(s.scalars(select(Country.id).order_by(Country.id)).all())
say(s.scalars(select(Manager.name)).all(), s.scalar(select(func.count(Skill.id))),
    s.scalar(select(func.count()).select_from(Skill)))
al = aliased(Employee, name="al")
say(s.scalars(select(al.name).order_by(al.id)).all())
say(s.execute(select(Company.name, func.count(al.id)).outerjoin(al, al.company_id == Company.id)
              .group_by(Company.name)).all())
say([c.name for c in s.scalars(select(Company), execution_options={"all_tenants": True})])
step("get")
say(s.get(Company, 11) is None, s.get(Company, 1).name)
s.expunge_all()
say(s.get(Company, 11), s.get(Manager, 2).level, s.get(Employee, 12))
step("lazy")
s.expunge_all()
c = s.get(Company, 1)
say([x.name for x in c.staff], c.boss.name, [k.name for k in c.skills])
say([k.name for x in c.staff for k in x.skills])
for how in (selectinload, joinedload, subqueryload):
    step(how.__name__)
    s.expunge_all()
    options = how(Company.staff).options(selectinload(Employee.skills))
    for c in s.scalars(select(Company).options(options).order_by(Company.id)).unique():
        say(c.name, [x.name for x in c.staff], [k.name for x in c.staff for k in x.skills], c.boss.name)
step("exists and subqueries")
say(s.scalars(select(Company.name).where(Company.staff.any(Employee.skills.any(Skill.name == "spying")))).all())
say(s.scalars(select(Company.name).where(Company.staff.any(name="spy"))).all())
sub = select(Employee.company_id, func.count().label("n")).group_by(Employee.company_id).subquery()
say(s.execute(select(Company.name, sub.c.n).join(sub, sub.c.company_id == Company.id)).all())
cte = select(Skill.employee_id).where(Skill.name.like("s%")).cte("sk")
say(s.scalars(select(Employee.name).where(Employee.id.in_(select(cte.c.employee_id))).order_by(Employee.id)).all())
say(s.execute(union_all(select(Employee.name), select(Skill.name)).order_by(literal_column("1"))).scalars().all())
step("write")
say(s.execute(update(Employee).values(name=Employee.name + "!")).rowcount)
say(s.execute(delete(Skill).where(Skill.name == "sql")).rowcount)
say([x.name for x in s.get(Company, 1).staff])
s.rollback()
step("refresh and expire")
c = s.get(Company, 1)
s.expire(c)
say(c.name)
s.refresh(c, ["staff"])
say([x.name for x in c.staff])
m = s.merge(Company(id=11, name="stolen"))
say(inspect(m).pending)
error(s.flush)
s.rollback()
step("legacy")
say([x.name for x in s.query(Employee).order_by(Employee.id)], s.query(Employee).count(),
    s.query(Employee).filter_by(id=12).first())
step("the other tenant")
s.close()
s = make(bind=e, info={"tenant": 2})
say(s.scalars(select(Employee.name).order_by(Employee.id)).all(), s.get(Company, 1))
spy = s.get(Employee, 5)
say(spy.company.name if spy.company else None)
s.close()
sql()
