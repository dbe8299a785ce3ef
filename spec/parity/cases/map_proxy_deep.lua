-- Association proxies over proxies, nested maps, subclasses, scalars and columns, with the SQL of their operators.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of, map = p.say, p.step, p.error, p.map
local select = am.select

local Base = am.declarative_base()
local UserWord, Part
local User = Base:model("User", {
  __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(20)),
  words = am.relationship("UserWord", { back_populates = "user",
    collection_class = am.attribute_keyed_dict("special"), cascade = "all, delete-orphan" }),
  keywords = am.association_proxy("words", "keyword", { creator = function(k, v)
    return UserWord{ special = k, keyword = v }
  end }),
  texts = am.association_proxy("words", "text", { creator = function(k, v)
    return UserWord{ special = k, text = v }
  end }),
})
local Keyword
UserWord = Base:model("UserWord", {
  __tablename__ = "user_words",
  user_id = am.Column(am.ForeignKey("users.id"), { primary_key = true }),
  keyword_id = am.Column(am.ForeignKey("keywords.id"), { primary_key = true }),
  special = am.Column(am.String(10)),
  user = am.relationship(User, { back_populates = "words" }),
  keyword = am.relationship("Keyword"),
  text = am.association_proxy("keyword", "word", { creator = function(w) return Keyword{ word = w } end }),
})
Keyword = Base:model("Keyword", {
  __tablename__ = "keywords",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(20)),
})
local Thing = Base:model("Thing", {
  __tablename__ = "things",
  id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(10)),
  owner_id = am.Column(am.ForeignKey("users.id")),
  owner = am.relationship(User, { backref = am.backref("things", { order_by = "Thing.id" }) }),
  owner_name = am.association_proxy("owner", "name", { creator = function(n) return User{ name = n } end }),
  owner_texts = am.association_proxy("owner", "texts"),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "thing" },
})
local Toy = Base:model("Toy", {
  __extends__ = Thing,
  __mapper_args__ = { polymorphic_identity = "toy" },
  parts = am.relationship("Part", { order_by = "Part.id", cascade = "all, delete-orphan" }),
  part_names = am.association_proxy("parts", "name", { creator = function(n) return Part{ name = n } end }),
})
Part = Base:model("Part", {
  __tablename__ = "parts",
  id = am.Column(am.Integer, { primary_key = true }),
  toy_id = am.Column(am.ForeignKey("things.id")),
  name = am.Column(am.String(10)),
})
User.thing_kinds = am.association_proxy("things", "kind")

local function items(dict)
  local out = {}
  for k, v in dict:items() do out[#out + 1] = { k, v } end
  return p.sorted(out)
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
step "nested"
local u = User{ name = "u" }
u.texts.a = "apple"
u.keywords.b = Keyword{ word = "bread" }
say(u.texts, p.sorted(u.keywords:keys()), u.words.a.keyword.word, #items(u.texts))
u.texts.a = "avocado"
say(u.words.a.text, u.keywords.a.word, u.texts:contains("a"), u.texts:get("z"), u.texts:get("z", 5))
s:add(u)
s:flush()
step "change"
u.texts:update{ c = "corn" }
say(u.texts:setdefault("d", "dill"), u.texts:setdefault("a", "no"), u.texts:pop("b"))
s:flush()
say(items(u.texts))
u.texts = { x = "xylo", a = "again" }
say(items(u.texts), p.sorted(u.words:keys()))
s:flush()
step "scalar"
local t = Toy{ owner = u, part_names = { "wheel", "axle" } }
say(t.owner_name, items(t.owner_texts), u.thing_kinds, t.part_names)
local lone = Thing{}
say(lone.owner_name, lone.owner)
lone.owner_name = "new"
say(lone.owner.name, s:contains(lone))
t.owner_name = "renamed"
say(u.name)
s:add_all{ t, lone }
s:commit()
step "list operations"
local names = t.part_names
names:extend{ "nut" }
names[1] = "tyre"
say(t.part_names, names[1] == "tyre" and names[2] == "axle" and names[3] == "nut", #names, names:index("axle") - 1,
  names:count("nut"))
names:pop(2)
names:extend{ "a", "b" }
names:insert(2, "ins")
say(names, names[#names], map(names, function(n) return n:upper() end))
s:flush()
names:clear()
say(names, #names > 0)
s:flush()
step "sql"
say(select(Thing.id):where(Thing.owner_name:eq("x")))
say(select(Thing.id):where(Thing.owner_name:ne("x")))
say(select(Thing.id):where(Thing.owner_name:eq(nil)))
say(select(Thing.id):where(Thing.owner_name:like("a%")))
say(select(User.id):where(User.keywords:any{ word = "w" }))
say(select(Toy.id):where(Toy.part_names:contains("w")))
say(select(Toy.id):where(Toy.part_names:eq("w")))
say(select(Toy.id):where(am.not_(Toy.part_names:in_{ "w" })))
say(select(User.id):where(User.thing_kinds:eq("toy")))
say(select(UserWord.user_id):where(UserWord.text:in_{ "a", "b" }))
step "wrong"
error_of(function() return User.texts:eq("w") end)
error_of(function() return select(User.id):where(User.keywords:has{ word = "w" }) end)
error_of(function() return select(Thing.id):where(Thing.owner_name:any()) end)
error_of(function() return select(User.id):where(User.keywords:eq(5)) end)
say(User.keywords.scalar, Thing.owner_name.scalar, User.keywords.target_class, User.keywords.value_attr)
say(User.keywords.local_attr.key, User.keywords.remote_attr.key, Toy.owner_name.target_class)
say(s:scalars(select(Thing.id):where(Thing.owner_name:eq("renamed"))):all())
s:rollback()
p.sql()
