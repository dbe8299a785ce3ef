# merge(): of new, known, partly loaded and detached graphs, with and without load, and what cascades.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Form(Base):
    __tablename__ = "form"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    note = Column(String(20))
    fields = relationship("Field", back_populates="form", cascade="all, delete-orphan", order_by="Field.id")
    owner_id = Column(ForeignKey("owner.id"))
    owner = relationship("Owner")
    reader = relationship("Owner", viewonly=True)


class Field(Base):
    __tablename__ = "field"
    id = Column(Integer, primary_key=True)
    label = Column(String(20))
    form_id = Column(ForeignKey("form.id"))
    form = relationship(Form, back_populates="fields")


class Owner(Base):
    __tablename__ = "owner"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("a new graph")
given = Form(id=50, name="tax", fields=[Field(label="sum"), Field(id=7, label="year")], owner=Owner(id=3, name="Ann"))
got = s.merge(given)
say(got is given, given in s, got in s.new, [f.label for f in got.fields], got.owner.name, got.owner is given.owner)
s.commit()
step("known, changed")
other = s.merge(Form(id=50, name="tax 2"))
say(other is got, got.name, got.note, len(got.fields), got.owner.name)
say(inspect(got).attrs.name.history)
s.commit()
step("None counts, absence does not")
s.merge(Form(id=50, note=None, owner=None))
say(got.name, got.note, got.owner)
s.flush()
step("the collection is replaced")
s.merge(Form(id=50, fields=[Field(id=7, label="month"), Field(label="day")]))
say([f.label for f in got.fields])
s.commit()
say(s.execute(select(Field.label, Field.form_id).order_by(Field.id)).all())
step("detached")
s.close()
s = Session(e)
form = s.get(Form, 50)
[f.label for f in form.fields]
s.close()
form.name = "offline"
form.fields[0].label = "week"
form.fields.append(Field(label="hour"))
back = s.merge(form)
say(back is form, inspect(form).detached, back.name, [f.label for f in back.fields])
s.commit()
step("same twice")
say(s.merge(back) is back, s.merge(form) is back)
step("load false")
s.close()
with Session(e) as t:
    clean = t.get(Form, 50)
    [f.label for f in clean.fields]
sql()
copy = s.merge(clean, load=False)
say(copy is clean, copy.name, [f.label for f in copy.fields], inspect(copy).modified)
sql()
clean.name = "dirty"
s.expunge_all()
error(lambda: s.merge(clean, load=False))
error(lambda: s.merge(Form(id=9), load=False))
step("options")
s.close()
s.merge(Form(id=50, name="opt"), options=[selectinload(Form.fields), joinedload(Form.owner)])
s.rollback()
step("expired source")
form = s.get(Form, 50)
s.expire(form, ["name"])
s.expunge(form)
same = s.merge(form)
say(same.name)
step("no key at all")
new = s.merge(Form(name="blank"))
say(new.id, new in s.new)
s.commit()
say(new.id)
step("no cascade without merge")
loose = Form(id=50, name="view", reader=None)
s.merge(loose)
s.commit()
say(s.get(Form, 50).name)
step("merge within a session")
one = s.get(Form, 50)
two = Session(e)
there = two.merge(one)
say(there is one, object_session(there) is two, there.name == one.name)
two.close()
step("wrong things")
error(lambda: s.merge("form"))
error(lambda: s.merge(None))
s.close()
sql()
