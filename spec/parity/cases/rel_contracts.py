# Cascades one by one, backrefs that do not cascade, parents that are replaced in bulk, and sets of pending orphans.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Firm(Base):
    __tablename__ = "firm"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    deals = relationship("Deal", back_populates="firm", cascade="save-update, merge, delete", order_by="Deal.id")
    notes = relationship("Note", cascade="all, delete-orphan", order_by="Note.id")
    staff = relationship("Person", cascade="", backref="firm", order_by="Person.id")


class Deal(Base):
    __tablename__ = "deal"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    firm_id = Column(ForeignKey("firm.id"))
    firm = relationship(Firm, back_populates="deals")
    lines = relationship("Line", back_populates="deal", cascade="all, delete-orphan", order_by="Line.id")


class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    deal_id = Column(ForeignKey("deal.id"), nullable=False)
    deal = relationship(Deal, back_populates="lines")


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    firm_id = Column(ForeignKey("firm.id"))


class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    firm_id = Column(ForeignKey("firm.id"))


e = engine()
Base.metadata.create_all(e)
forget()


def kept(s, *objects):
    return [o in s for o in objects]


with Session(e) as s:
    firm = Firm(name="Acme")
    deal = Deal(title="d1", lines=[Line(text="l1"), Line(text="l2")])
    ann = Person(name="Ann")
    firm.deals.append(deal)
    firm.staff.append(ann)
    s.add(firm)
    say(kept(s, firm, deal, deal.lines[0], ann), ann.firm is firm)
    s.add(ann)
    s.commit()
    step("backref does not cascade")
    late = Deal(title="late")
    late.firm = firm
    say(late in s, late in firm.deals)
    s.add(late)
    s.commit()
    say([d.title for d in firm.deals])
    step("pending orphans")
    n = Note(text="n1")
    firm.notes.append(n)
    say(n in s.new)
    firm.notes.remove(n)
    say(n in s.new, inspect(n).transient)
    firm.notes = [Note(text="n2"), Note(text="n3")]
    s.flush()
    keep = firm.notes[1]
    firm.notes = [keep, Note(text="n4")]
    s.flush()
    say([x.text for x in firm.notes], s.scalars(select(Note.text).order_by(Note.id)).all())
    s.commit()
    step("removing does not delete without delete-orphan")
    firm.deals.remove(late)
    s.flush()
    say(late in s, late.firm_id, late.firm)
    firm.deals.append(late)
    s.commit()
    step("lines move between deals")
    line = deal.lines[0]
    late.lines.append(line)
    say(line.deal is late, line in deal.lines)
    s.flush()
    say(inspect(line).persistent, line.deal_id == late.id)
    deal.lines.remove(deal.lines[0])
    s.commit()
    say(s.execute(select(Line.text, Line.deal_id).order_by(Line.id)).all())
    step("swap collections")
    ours, theirs = list(deal.lines), list(late.lines)
    deal.lines = theirs
    late.lines = ours
    s.commit()
    say([x.text for x in deal.lines], [x.text for x in late.lines])
    step("expunge cascades where it is asked for")
    say(len(firm.deals), len(firm.notes), len(firm.staff))
    s.expunge(firm)
    say(kept(s, firm, deal, firm.notes[0], ann))
    s.add(firm)
    say(kept(s, firm, deal, firm.notes[0], ann))
    step("refresh-expire")
    firm.notes[0].text = "changed"
    firm.deals[0].title = "changed"
    s.refresh(firm)
    say(firm.notes[0].text, firm.deals[0].title)
    s.rollback()
    step("merge cascades")
    copy = s.merge(Firm(id=firm.id, name="Acme 2", deals=[Deal(id=deal.id, title="m")],
        staff=[Person(id=ann.id, name="x")]))
    say(copy is firm, [d.title for d in firm.deals], [p.name for p in firm.staff])
    s.rollback()
    step("delete")
    s.delete(firm)
    say(kept(s.deleted, deal, ann), len(s.deleted))
    s.flush()
    say(inspect(deal).deleted, ann.firm_id)
    s.commit()
    say(s.scalar(select(func.count(Deal.id))), s.scalar(select(func.count(Note.id))),
        s.scalar(select(func.count(Line.id))))
    step("delete and add again")
    other = Firm(name="Beta", deals=[Deal(title="d9")])
    s.add(other)
    s.flush()
    s.delete(other)
    s.add(other)
    say(other in s.deleted, other.deals[0] in s.deleted)
    s.commit()
    say(s.scalars(select(Firm.name)).all(), s.scalars(select(Deal.title)).all())
sql()
