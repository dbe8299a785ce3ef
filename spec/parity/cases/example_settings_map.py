"""Settings that grow new versions: a dictionary of values under a parent, shared between versions until they change."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, event, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (attribute_keyed_dict, backref, declarative_base, make_transient, relationship, sessionmaker,
                            validates)
from sqlalchemy.orm.attributes import get_history, set_committed_value

Base = declarative_base()
Maker = sessionmaker()


@event.listens_for(Maker, "before_flush")
def before_flush(session, context, instances):
    for obj in [o for o in session.dirty if hasattr(o, "new_version")]:
        if session.is_modified(obj):
            obj.new_version(session)


class Settings(Base):
    __tablename__ = "settings"
    id = Column(Integer, primary_key=True)
    elements = relationship("Element", collection_class=attribute_keyed_dict("name"),
                            backref=backref("owner"), cascade="all, delete-orphan")
    data = association_proxy("elements", "value", creator=lambda name, value: Element(name=name, value=value))

    def new_version(self, session):
        make_transient(self)
        self.id = None
        history = get_history(self, "elements")
        set_committed_value(self, "elements", {})
        for element in history.added:
            self.elements[element.name] = element
        for element in sorted(history.unchanged, key=lambda x: x.name):
            self.elements[element.name] = Element(name=element.name, value_object=element.value_object)
        session.add(self)


class Element(Base):
    __tablename__ = "elements"
    settings_id = Column(ForeignKey("settings.id"), primary_key=True)
    name = Column(String(20), primary_key=True)
    value_id = Column(ForeignKey("vals.id"))
    value_object = relationship("Value", lazy="joined")

    @property
    def value(self):
        return self.value_object.text if self.value_object else None

    @value.setter
    def value(self, text):
        self.value_object = Value(text=text)


class Value(Base):
    __tablename__ = "vals"
    id = Column(Integer, primary_key=True)
    text = Column(String(30))

    @validates("text")
    def checked(self, key, text):
        say("   value", text)
        return text


e = engine()
Maker.configure(bind=e)
Base.metadata.create_all(e)
forget()
session = Maker()
step("first")
conf = Settings()
conf.data["host"] = "a.example"
conf.data["port"] = "80"
session.add(conf)
session.commit()
say(conf.id, sorted(conf.data.items()), len(conf.data), "host" in conf.data)
say(session.scalar(select(func.count(Value.id))))
step("a value changes")
conf.elements["port"].value = "81"
say(inspect(conf).modified, inspect(conf.elements["port"]).modified)
session.commit()
say(conf.id, sorted(conf.data.items()))
step("a new key makes a version")
conf.data["user"] = "ann"
session.flush()
say(conf.id, sorted(conf.data.items()))
session.commit()
say(session.execute(select(Element.settings_id, Element.name, Element.value_id).order_by(
    Element.settings_id, Element.name)).all())
step("a key goes")
del conf.data["host"]
session.commit()
say(conf.id, sorted(conf.data), session.scalar(select(func.count(Value.id))))
say(session.execute(select(Element.settings_id, func.count()).group_by(Element.settings_id).order_by(
    Element.settings_id)).all())
step("old versions are there")
old = session.get(Settings, 1)
say(sorted(old.data.items()), old is conf)
say(session.scalars(select(Settings.id).where(Settings.elements.any(name="host")).order_by(Settings.id)).all())
say(session.scalars(select(Settings.id).join(Settings.elements).join(Element.value_object).where(Value.text == "ann")
                    .order_by(Settings.id)).all())
step("nothing changes")
session.commit()
say(conf.id, session.is_modified(conf))
session.delete(old)
session.commit()
say(session.scalars(select(Settings.id).order_by(Settings.id)).all(), session.scalar(select(func.count(Value.id))))
sql()
