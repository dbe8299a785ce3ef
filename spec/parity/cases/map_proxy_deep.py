"""Association proxies over proxies, nested maps, subclasses, scalars and columns, with the SQL of their operators."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import Session, attribute_keyed_dict, backref, declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    words = relationship("UserWord", back_populates="user", collection_class=attribute_keyed_dict("special"),
                         cascade="all, delete-orphan")
    keywords = association_proxy("words", "keyword", creator=lambda k, v: UserWord(special=k, keyword=v))
    texts = association_proxy("words", "text", creator=lambda k, v: UserWord(special=k, text=v))


class UserWord(Base):
    __tablename__ = "user_words"
    user_id = Column(ForeignKey("users.id"), primary_key=True)
    keyword_id = Column(ForeignKey("keywords.id"), primary_key=True)
    special = Column(String(10))
    user = relationship(User, back_populates="words")
    keyword = relationship("Keyword")
    text = association_proxy("keyword", "word")


class Keyword(Base):
    __tablename__ = "keywords"
    id = Column(Integer, primary_key=True)
    word = Column(String(20))

    def __init__(self, word):
        self.word = word


class Thing(Base):
    __tablename__ = "things"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    owner_id = Column(ForeignKey("users.id"))
    owner = relationship(User, backref=backref("things", order_by="Thing.id"))
    owner_name = association_proxy("owner", "name", creator=lambda n: User(name=n))
    owner_texts = association_proxy("owner", "texts")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}


class Toy(Thing):
    __mapper_args__ = {"polymorphic_identity": "toy"}
    parts = relationship("Part", order_by="Part.id", cascade="all, delete-orphan")
    part_names = association_proxy("parts", "name", creator=lambda n: Part(name=n))


class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True)
    toy_id = Column(ForeignKey("things.id"))
    name = Column(String(10))


User.thing_kinds = association_proxy("things", "kind")
e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("nested")
u = User(name="u")
u.texts["a"] = "apple"
u.keywords["b"] = Keyword("bread")
say(dict(u.texts), sorted(u.keywords.keys()), u.words["a"].keyword.word, len(u.texts))
u.texts["a"] = "avocado"
say(u.words["a"].text, u.keywords["a"].word, "a" in u.texts, u.texts.get("z"), u.texts.get("z", 5))
s.add(u)
s.flush()
step("change")
u.texts.update({"c": "corn"})
say(u.texts.setdefault("d", "dill"), u.texts.setdefault("a", "no"), u.texts.pop("b"))
s.flush()
say(sorted(u.texts.items()))
u.texts = {"x": "xylo", "a": "again"}
say(sorted(u.texts.items()), sorted(u.words.keys()))
s.flush()
step("scalar")
t = Toy(owner=u, part_names=["wheel", "axle"])
say(t.owner_name, sorted(t.owner_texts.items()), list(u.thing_kinds), list(t.part_names))
lone = Thing()
say(lone.owner_name, lone.owner)
lone.owner_name = "new"
say(lone.owner.name, lone in s)
t.owner_name = "renamed"
say(u.name)
s.add_all([t, lone])
s.commit()
step("list operations")
names = t.part_names
names += ["nut"]
names[0] = "tyre"
say(t.part_names, names == ["tyre", "axle", "nut"], len(names), names.index("axle"), names.count("nut"))
del names[1]
names.extend(["a", "b"])
names.insert(1, "ins")
say(names, names[-1], [n.upper() for n in names])
s.flush()
names.clear()
say(names, bool(names))
s.flush()
step("sql")
say(select(Thing.id).where(Thing.owner_name == "x"))
say(select(Thing.id).where(Thing.owner_name != "x"))
say(select(Thing.id).where(Thing.owner_name == None))
say(select(Thing.id).where(Thing.owner_name.like("a%")))
say(select(User.id).where(User.keywords.any(word="w")))
say(select(Toy.id).where(Toy.part_names.contains("w")))
say(select(Toy.id).where(Toy.part_names == "w"))
say(select(Toy.id).where(~Toy.part_names.in_(["w"])))
say(select(User.id).where(User.thing_kinds == "toy"))
say(select(UserWord.user_id).where(UserWord.text.in_(["a", "b"])))
step("wrong")
error(lambda: User.texts == "w")
error(lambda: select(User.id).where(User.keywords.has(word="w")))
error(lambda: select(Thing.id).where(Thing.owner_name.any()))
error(lambda: select(User.id).where(User.keywords == 5))
say(User.keywords.scalar, Thing.owner_name.scalar, User.keywords.target_class, User.keywords.value_attr)
say(User.keywords.local_attr.key, User.keywords.remote_attr.key, Toy.owner_name.target_class)
say(s.scalars(select(Thing.id).where(Thing.owner_name == "renamed")).all())
s.rollback()
sql()
