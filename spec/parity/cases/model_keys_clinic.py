# Keys: natural, composite, of sequences and functions; identity, computed columns, and what a constructor may do.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()
serial = iter(range(1, 100))


class Ward(Base):
    __tablename__ = "ward"
    code = Column(String(5), primary_key=True, default=lambda: "W%d" % next(serial))
    name = Column(String(20))
    beds = relationship("Bed", back_populates="ward", cascade="all, delete-orphan", order_by="Bed.no")


class Bed(Base):
    __tablename__ = "bed"
    ward_code = Column(ForeignKey("ward.code"), primary_key=True)
    no = Column(Integer, primary_key=True)
    ward = relationship(Ward, back_populates="beds")
    nights = relationship("Night", back_populates="bed", order_by="Night.day", cascade="all, delete-orphan")


class Night(Base):
    __tablename__ = "night"
    ward_code = Column(String(5), primary_key=True)
    bed_no = Column(Integer, primary_key=True)
    day = Column(Date, primary_key=True)
    guest = Column(String(20))
    bed = relationship(Bed, back_populates="nights")
    __table_args__ = (ForeignKeyConstraint(["ward_code", "bed_no"], ["bed.ward_code", "bed.no"]),)


class Bill(Base):
    __tablename__ = "bill"
    id = Column(Integer, Identity(start=10), primary_key=True)
    net = Column(Integer)
    gross = Column(Integer, Computed("net * 2"))



e = engine()
Base.metadata.create_all(e)
forget()
d = datetime.date
with Session(e) as s:
    ward = Ward(name="north")
    ward.beds = [Bed(no=2), Bed(no=1)]
    ward.beds[1].nights.append(Night(day=d(2026, 1, 1), guest="Ann"))
    s.add(ward)
    s.flush()
    step("keys handed down three levels")
    say(ward.code, [b.ward_code for b in ward.beds], ward.beds[1].nights[0].ward_code, ward.beds[1].nights[0].bed_no)
    say(inspect(ward.beds[1].nights[0]).identity)
    s.commit()
    step("get by each form")
    say(s.get(Bed, ("W1", 1)).no, s.get(Bed, {"no": 2, "ward_code": "W1"}).no)
    say(s.get(Night, ("W1", 1, d(2026, 1, 1))).guest)
    error(lambda: s.get(Bed, ("W1",)))
    error(lambda: s.get(Bed, {"no": 1}))
    error(lambda: s.get(Ward, {"nr": 1}))
    step("in a tuple")
    pairs = tuple_(Bed.ward_code, Bed.no).in_([("W1", 1), ("W1", 5)])
    say([b.no for b in s.scalars(select(Bed).where(pairs))])
    step("eager along composite keys")
    for option in (selectinload, joinedload):
        s.expunge_all()
        w = s.scalars(select(Ward).options(option(Ward.beds).options(option(Bed.nights)))).unique().one()
        say([(b.no, [n.guest for n in b.nights]) for b in w.beds])
    step("moving a child changes its key")
    other = Ward(name="south", beds=[Bed(no=7)])
    s.add(other)
    s.flush()
    night = w.beds[0].nights[0]
    night.bed = other.beds[0]
    s.flush()
    say(inspect(night).identity, s.get(Night, ("W1", 1, d(2026, 1, 1))), [n.guest for n in other.beds[0].nights])
    s.rollback()
    say(inspect(night).identity, night.bed.no)
    step("a child without its key part")
    s.add(Bed(no=3))
    error(s.flush)
    s.rollback()
    step("blanking out a key")
    w.beds[0].nights[0].bed = None
    s.flush()
    say(s.scalar(select(func.count()).select_from(Night)))
    s.rollback()
    step("constructor, identity, computed")
    bill = Bill(net=4)
    say(bill.net, bill.gross)
    s.add(bill)
    s.commit()
    say(bill.gross)
    bill.net = 5
    s.flush()
    say(bill.gross)
    bill.gross = 1
    error(s.flush)
    s.rollback()
    say(s.scalars(select(Bill)).one() is bill)
    step("identity keys")
    say(inspect(Bed).identity_key_from_primary_key(("W1", 1))[1], inspect(Bed).primary_key_from_instance(w.beds[1]))
    say(inspect(Ward).primary_key, [c.name for c in inspect(Night).primary_key], inspect(Bed).local_table.name)
sql()
