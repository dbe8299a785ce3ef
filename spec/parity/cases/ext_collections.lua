-- association_proxy, ordering_list, mutable types, index_property and hybrids, on their own and together.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local association_proxy, relationship = am.association_proxy, am.relationship

local Base = am.declarative_base()
local Setting, UserWord
local User = Base:model("User", {
  __tablename__ = "users",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  prefs = Column(am.MutableDict.as_mutable(am.JSON)),
  scores = Column(am.MutableList.as_mutable(am.JSON)),
  data = Column(am.JSON),
  color = am.index_property("data", "color", { default = am.null }),
  shape = am.index_property("data", "shape"),
  user_words = relationship("UserWord",
    { back_populates = "user", cascade = "all, delete-orphan", order_by = "UserWord.id" }),
  words = association_proxy("user_words", "word",
    { creator = function(word) return UserWord{ word = word } end }),
  texts = association_proxy("user_words", "text"),
  steps = relationship("Step", { order_by = "Step.position", collection_class = am.ordering_list("position"),
    cascade = "all, delete-orphan" }),
  settings = relationship("Setting",
    { collection_class = am.attribute_keyed_dict("key"), cascade = "all, delete-orphan" }),
  values = association_proxy("settings", "value",
    { creator = function(k, v) return Setting{ key = k, value = v } end }),
})
UserWord = Base:model("UserWord", {
  __tablename__ = "user_word",
  id = Column(Integer, { primary_key = true }),
  user_id = Column(ForeignKey("users.id")),
  word_id = Column(ForeignKey("word.id")),
  user = relationship(User, { back_populates = "user_words" }),
  word = relationship("Word", { lazy = "joined" }),
  text = association_proxy("word", "text"),
})
local Word = Base:model("Word", {
  __tablename__ = "word",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  length = am.hybrid_property(function(self) return #self.text end,
    { expression = function(cls) return am.func.length(cls.text) end }),
  begins = am.hybrid_method(function(self, s) return self.text:sub(1, 1) == s end,
    { expression = function(cls, s) return am.func.substr(cls.text, 1, 1):eq(s) end }),
})
local Step = Base:model("Step", {
  __tablename__ = "step",
  id = Column(Integer, { primary_key = true }),
  user_id = Column(ForeignKey("users.id")),
  position = Column(Integer),
  what = Column(String(20)),
})
Setting = Base:model("Setting", {
  __tablename__ = "setting",
  id = Column(Integer, { primary_key = true }),
  user_id = Column(ForeignKey("users.id")),
  key = Column(String(20)),
  value = Column(String(20)),
})

local function list(items, fn)
  local out = { n = 0 }
  for _, x in ipairs(items) do
    out.n = out.n + 1
    out[out.n] = fn and fn(x) or x
  end
  return out
end
local function items(dict)
  local out = {}
  for k, v in dict:items() do out[#out + 1] = { k, v } end
  table.sort(out, function(a, b) return a[1] < b[1] end)
  return out
end
local function steps(u) return list(u.steps, function(x) return { x.what, x.position } end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "association proxy"
local u = User{ name = "u" }
s:add(u)
local w = Word{ text = "tree" }
u.words:append(w)
u.words:append(Word{ text = "fox" })
u.words:extend{ Word{ text = "owl" } }
say(list(u.texts), #u.words, u.words:contains(w), u.words[1] == w)
u.words:remove(u.words[2])
say(list(u.texts), u.user_words)
s:commit()
p.sql()
say(s:scalars(select(User.name):where(User.words:contains(w))):all())
p.sql()
say(s:scalars(select(User.name):where(User.words:any(Word.text:eq("owl")))):all())
p.sql()
say(s:scalars(select(UserWord.id):where(UserWord.text:eq("tree"))):all())
p.sql()
say(s:scalars(select(UserWord.id):where(UserWord.text:like("t%"))):all())
p.sql()
u.words = { w }
s:flush()
p.sql()
say(User.words.attr[1].key, User.words.attr[2].key, User.words.scalar)
step "dict proxy"
u.values.size = "xl"
u.values.font = "mono"
local function first(x) return x[1] end
say(items(u.values), list(items(u.settings), first), u.values:contains("size"), u.values:get("none"))
u.values.size = nil
s:flush()
u.values.font = "sans"
u.values.new = "1"
say(items(u.values))
s:flush()
p.sql()
say(s:scalars(select(User.name):where(User.values:contains("sans"))):all())
p.sql()
step "ordering list"
for _, t in ipairs { "a", "b", "c" } do u.steps:append(Step{ what = t }) end
s:flush()
say(steps(u))
u.steps:insert(1, Step{ what = "z" })
u.steps:append(u.steps:pop(2))
say(steps(u))
s:flush()
u.steps:pop(1)
say(steps(u))
u.steps = { Step{ what = "x", position = 9 }, u.steps[1] }
say(steps(u))
u.steps:reorder()
say(steps(u))
s:flush()
p.forget()
step "mutable"
u.prefs = { a = 1 }
u.scores = { 1 }
s:commit()
p.forget()
u.prefs.b = 2
say(s.dirty:contains(u), am.inspect(u).attrs.prefs.history.added)
u.scores:append(5)
u.scores:insert(1, 9)
s:flush()
p.sql()
say(u.prefs, list(u.scores))
u.prefs:pop("a")
u.prefs:update{ c = 3 }
u.scores:remove(9)
u.scores:extend{ 7, 8 }
s:flush()
say(u.prefs, list(u.scores))
p.sql()
u.prefs:clear()
say(s:is_modified(u), u.prefs:setdefault("k", "v"))
s:rollback()
say(u.prefs)
p.forget()
step "index_property"
say(u.color)
u.color = "red"
u.shape = "round"
s:commit()
p.sql()
say(u.data, u.color)
u.color = "blue"
s:flush()
p.sql()
step "hybrids"
say(w.length, w:begins("t"), w:begins("x"))
say(s:execute(select(Word.text, Word.length):where(Word.length:gt(3)):order_by(Word.length)):all())
p.sql()
say(s:scalars(select(Word.text):where(Word:begins("f")):order_by(Word.text)):all())
p.sql()
local a = am.aliased(Word)
say(s:scalars(select(a.length):order_by(a.length:desc())):all())
p.sql()
