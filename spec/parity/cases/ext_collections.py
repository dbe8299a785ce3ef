"""association_proxy, ordering_list, mutable types, index_property and hybrids, on their own and together."""
from parity import *
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, func, inspect, select, update
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.ext.indexable import index_property
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Session, aliased, attribute_keyed_dict, declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    prefs = Column(MutableDict.as_mutable(JSON))
    scores = Column(MutableList.as_mutable(JSON))
    data = Column(JSON)
    color = index_property("data", "color", default=None)
    shape = index_property("data", "shape")
    user_words = relationship("UserWord", back_populates="user", cascade="all, delete-orphan", order_by="UserWord.id")
    words = association_proxy("user_words", "word")
    texts = association_proxy("user_words", "text")
    steps = relationship("Step", order_by="Step.position", collection_class=ordering_list("position"), cascade="all, delete-orphan")
    settings = relationship("Setting", collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    values = association_proxy("settings", "value", creator=lambda k, v: Setting(key=k, value=v))


class UserWord(Base):
    __tablename__ = "user_word"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    word_id = Column(ForeignKey("word.id"))
    user = relationship(User, back_populates="user_words")
    word = relationship("Word", lazy="joined")
    text = association_proxy("word", "text")

    def __init__(self, word=None, **kw):
        super().__init__(word=word, **kw)


class Word(Base):
    __tablename__ = "word"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))

    @hybrid_property
    def length(self):
        return len(self.text)

    @length.inplace.expression
    @classmethod
    def _length(cls):
        return func.length(cls.text)

    @hybrid_method
    def begins(self, s):
        return self.text[0:1] == s

    @begins.inplace.expression
    @classmethod
    def _begins(cls, s):
        return func.substr(cls.text, 1, 1) == s


class Step(Base):
    __tablename__ = "step"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    position = Column(Integer)
    what = Column(String(20))


class Setting(Base):
    __tablename__ = "setting"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    key = Column(String(20))
    value = Column(String(20))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("association proxy")
u = User(name="u")
s.add(u)
w = Word(text="tree")
u.words.append(w)
u.words.append(Word(text="fox"))
u.words.extend([Word(text="owl")])
say(list(u.texts), len(u.words), w in u.words, u.words[0] is w)
u.words.remove(u.words[1])
say(list(u.texts), u.user_words)
s.commit()
sql()
say(s.scalars(select(User.name).where(User.words.contains(w))).all())
sql()
say(s.scalars(select(User.name).where(User.words.any(Word.text == "owl"))).all())
sql()
say(s.scalars(select(UserWord.id).where(UserWord.text == "tree")).all())
sql()
say(s.scalars(select(UserWord.id).where(UserWord.text.like("t%"))).all())
sql()
u.words = [w]
s.flush()
sql()
say(User.words.attr[0].key, User.words.attr[1].key, User.words.scalar)
step("dict proxy")
u.values["size"] = "xl"
u.values["font"] = "mono"
say(sorted(u.values.items()), sorted(u.settings), "size" in u.values, u.values.get("none"))
del u.values["size"]
s.flush()
u.values["font"] = "sans"
u.values["new"] = "1"
say(sorted(u.values.items()))
s.flush()
sql()
say(s.scalars(select(User.name).where(User.values.contains("sans"))).all())
sql()
step("ordering list")
for t in ("a", "b", "c"):
    u.steps.append(Step(what=t))
s.flush()
say([(x.what, x.position) for x in u.steps])
u.steps.insert(0, Step(what="z"))
u.steps.append(u.steps.pop(1))
say([(x.what, x.position) for x in u.steps])
s.flush()
del u.steps[0]
say([(x.what, x.position) for x in u.steps])
u.steps = [Step(what="x", position=9), u.steps[0]]
say([(x.what, x.position) for x in u.steps])
u.steps.reorder()
say([(x.what, x.position) for x in u.steps])
s.flush()
forget()
step("mutable")
u.prefs = {"a": 1}
u.scores = [1]
s.commit()
forget()
u.prefs["b"] = 2
say(u in s.dirty, inspect(u).attrs.prefs.history.added)
u.scores.append(5)
u.scores.insert(0, 9)
s.flush()
sql()
say(u.prefs, list(u.scores))
u.prefs.pop("a")
u.prefs.update({"c": 3})
u.scores.remove(9)
u.scores.extend([7, 8])
s.flush()
say(u.prefs, list(u.scores))
sql()
u.prefs.clear()
say(s.is_modified(u), u.prefs.setdefault("k", "v"))
s.rollback()
say(u.prefs)
forget()
step("index_property")
say(u.color)
u.color = "red"
u.shape = "round"
s.commit()
sql()
say(u.data, u.color)
u.color = "blue"
s.flush()
sql()
step("hybrids")
say(w.length, w.begins("t"), w.begins("x"))
say(s.execute(select(Word.text, Word.length).where(Word.length > 3).order_by(Word.length)).all())
sql()
say(s.scalars(select(Word.text).where(Word.begins("f")).order_by(Word.text)).all())
sql()
a = aliased(Word)
say(s.scalars(select(a.length).order_by(a.length.desc())).all())
sql()
