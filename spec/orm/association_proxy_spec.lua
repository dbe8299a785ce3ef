-- Association proxies: collections of values, EXISTS conditions on the class, what is deleted through them.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

describe("association proxies", function()
  local User, Profile, Keyword

  before_each(function()
    local Base = am.declarative_base()
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    User = Base:model("User", { __tablename__ = "users", id = id(), name = am.Column(am.String(20)),
      links = am.relationship("Link"), words = am.association_proxy("links", "word"),
      profile = am.relationship("Profile", { uselist = false, back_populates = "user" }),
      bio = am.association_proxy("profile", "bio") })
    Base:model("Link", { __tablename__ = "links", id = id(), user_id = am.Column(am.ForeignKey "users.id"),
      keyword_id = am.Column(am.ForeignKey "keywords.id"), keyword = am.relationship("Keyword"),
      word = am.association_proxy("keyword", "word") })
    Keyword = Base:model("Keyword", { __tablename__ = "keywords", id = id(), word = am.Column(am.String(20)) })
    Profile = Base:model("Profile", { __tablename__ = "profiles", id = id(), bio = am.Column(am.String(20)),
      user_id = am.Column(am.ForeignKey "users.id"), user = am.relationship("User", { back_populates = "profile" }),
      user_words = am.association_proxy("user", "words") })
  end)

  local function where(condition) return (tostring(am.select(am.literal(1)):where(condition)):gsub("%s+", " ")) end

  it("over proxies take any() and has() alike", function()
    local text = where(Profile.user_words:has(Keyword.word:eq "x"))
    assert.matches("EXISTS %(SELECT 1 FROM users, profiles WHERE users.id = profiles.user_id AND %(EXISTS", text)
    assert.equal(text, where(Profile.user_words:any(Keyword.word:eq "x")))
    raises("InvalidRequestError", function() return User.bio:any() end, "'any%(%)' not implemented for scalar")
    raises("InvalidRequestError", function() return User.words:eq("x") end,
      "'has%(%)' not implemented for collections. Use any%(%)")
  end)

  it("are no columns and say so", function()
    local message = "The association proxy can't be used as a plain column expression"
    raises("ArgumentError", function() return am.select(User.words) end, message)
    raises("ArgumentError", function() return am.select(User.id):order_by(User.bio) end, message)
    assert.equal("ObjectAssociationProxyInstance(AssociationProxy('links', 'word'))", tostring(User.words))
    assert.equal("ColumnAssociationProxyInstance(AssociationProxy('profile', 'bio'))", tostring(User.bio))
  end)

  it("lead through a relationship, and take lists of values", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      bs = am.relationship("B"), xs = am.association_proxy("bs", "x"), ys = am.association_proxy("xs", "y") })
    Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
      a_id = am.Column(am.ForeignKey("a.id")), x = am.Column(am.Integer) })
    local a = A()
    raises("InvalidRequestError", function() return a.ys end, "Mapper 'Mapper%[A%(a%)%]' has no property 'xs'")
    raises("InvalidRequestError", function() a.ys = {} end, "has no property 'xs'")
    raises("ArgumentError", function() a.xs = A() end, "is no list of values")
  end)

  -- A and B: `a.values` is a proxy over the keyed collection `a.items`. The function tells how often a value was read.
  local function keyed_pair()
    local Base, reads = am.declarative_base(), 0
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    local A = Base:model("A", { __tablename__ = "a", id = id(), values = am.association_proxy("items", "value"),
      items = am.relationship("B", { collection_class = am.attribute_keyed_dict("key") }) })
    local B = Base:model("B", { __tablename__ = "b", id = id(), key = am.Column(am.String(9)),
      a_id = am.Column(am.ForeignKey "a.id"), value = am.hybrid_property(function() reads = reads + 1 end) })
    return A, B, function() return reads end
  end

  it("over a keyed collection forget an entry without reading its value", function()
    local A, B, reads = keyed_pair()
    local a = A { items = { x = B { key = "x" }, y = B { key = "y" } } }
    a.values.x = nil
    a.values:remove("y")
    assert.is_nil(a.items.x or a.items.y)
    assert.equal(0, reads())
  end)

  it("print nil where a value is missing", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      items = am.relationship("B"), values = am.association_proxy("items", "value") })
    local B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
      a_id = am.Column(am.ForeignKey "a.id"), value = am.Column(am.Integer) })
    assert.equal("[1, nil]", tostring(A { items = { B { value = 1 }, B {} } }.values))
  end)

  it("over a keyed collection tell their keys without reading values", function()
    local A, B, reads = keyed_pair()
    assert.same({ "x" }, A { items = { x = B { key = "x" } } }.values:keys())
    assert.equal(0, reads())
  end)

  it("delete the value behind a scalar, then what holds it", function()
    local profile = Profile { bio = "x" }
    local user = User { profile = profile }
    am.del_attribute(user, "bio")
    assert.is_nil(user.profile)
    assert.is_nil(profile.bio)
  end)

  it("read a value when it is asked for, where Lua asks metatables for # and elements", function()
    local asked = #setmetatable({}, { __len = function() return 1 end }) == 1
    local user, read = User(), 0
    for i = 1, 3 do user.links:append(User.links.property.mapper.class_ { keyword = Keyword { word = "w" .. i } }) end
    local words = am.association_proxy("links", "keyword", { getset_factory = function()
      return function(link)
        read = read + 1
        return link.keyword.word
      end, function(link, value) link.keyword.word = value end
    end })
    local descriptor = words:bind(am.inspect(User), "lazy_words")
    local proxy = descriptor.get(user)
    assert.equal(asked and 0 or 3, read)
    assert.equal(3, #proxy)
    assert.equal("w2", proxy[2])
    assert.equal(asked and 1 or 3, read)
    local seen = {}
    for i, word in ipairs(proxy) do seen[i] = word end
    assert.same({ "w1", "w2", "w3" }, seen)
    if asked then
      proxy[2] = "new"
      assert.equal("new", user.links[2].keyword.word)
      user.links:pop()
      assert.equal(2, #proxy)
    end
    proxy:set(1, "first")
    assert.equal("first", user.links[1].keyword.word)
  end)

  it("say which name leads nowhere", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      bs = am.relationship("B"), xs = am.association_proxy("bs", "x"), zs = am.association_proxy("bs", "z"),
      ys = am.association_proxy("xs", "y") })
    Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
      a_id = am.Column(am.ForeignKey("a.id")), x = am.Column(am.Integer) })
    raises("InvalidRequestError", function() return A.ys:eq(1) end, "Mapper 'Mapper%[A%(a%)%]' has no property 'xs'")
    raises("ArgumentError", function() return A.zs:eq(1) end,
      "Association proxy A.bs refers to an attribute 'z' that is not directly mapped on class <class 'B'>")
  end)

  it("of a keyed collection give up the value that was put in last, and show what they hold", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      bs = am.relationship("B", { collection_class = am.attribute_keyed_dict "k" }),
      xs = am.association_proxy("bs", "x") })
    Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
      a_id = am.Column(am.ForeignKey("a.id")), k = am.Column(am.String(5)), x = am.Column(am.Integer) })
    local a = A()
    a.xs.one = 1
    a.xs.two = 2
    assert.equal("{one: 1, two: 2}", tostring(a.xs))
    assert.same({ "two", 2 }, { a.xs:popitem() })
    assert.equal("{one: 1}", tostring(a.xs))
  end)
end)

describe("the values of association proxies", function()
  local function id() return am.Column(am.Integer, { primary_key = true }) end
  local says = require("support.sql").says
  local Base = am.declarative_base()
  local uk = am.Table("uk", Base.metadata, am.Column("u", am.ForeignKey("u.id")), am.Column("k", am.ForeignKey("k.id")))
  local U = Base:model("U", { __tablename__ = "u", id = id(), name = am.Column(am.String),
    kw = am.relationship("K", { secondary = uk }), keywords = am.association_proxy("kw", "word"),
    assoc = am.relationship("As", { back_populates = "user" }), ks = am.association_proxy("assoc", "k") })
  local K = Base:model("K", { __tablename__ = "k", id = id(), word = am.Column(am.String) })
  local As = Base:model("As", { __tablename__ = "asx", u_id = am.Column(am.ForeignKey("u.id"), { primary_key = true }),
    k_id = am.Column(am.ForeignKey("k.id"), { primary_key = true }), user = am.relationship(U,
      { back_populates = "assoc" }),
    k = am.relationship("K"), uname = am.association_proxy("user", "name") })

  it("are collections of values", function()
    local u = U()
    u.keywords:append("a")
    u.keywords = { "b", "c" }
    assert.equal(2, #u.keywords)
    assert.equal("b", u.keywords[1])
    assert.equal("c", u.kw[2].word)
    local words = u.keywords
    words[#words + 1] = "d"
    words:remove("b")
    assert.same({ "c", "d" }, u.keywords:to_list())
    assert.is_true(u.keywords:contains("d"))
    assert.equal("d", words:pop())
    assert.equal(1, #u.kw)
    local k = K { word = "z" }
    u.ks:append(k)
    assert.equal(k, u.assoc[1].k)
    assert.equal(u, u.assoc[1].user)
    assert.is_nil(As().uname)
    assert.equal("n", As { user = U { name = "n" } }.uname)
  end)

  it("of maps have a dict's methods, NULLs keep their places in lists", function()
    local base = am.declarative_base()
    local Owner = base:model("Owner", { __tablename__ = "o", id = id(),
      notes_ = am.relationship("Note", { collection_class = am.attribute_keyed_dict("key") }),
      list = am.relationship("Note", { overlaps = "notes_" }), words = am.association_proxy("list", "text"),
      notes = am.association_proxy("notes_", "text") })
    base:model("Note", { __tablename__ = "n", id = id(), key = am.Column(am.String), text = am.Column(am.String),
      o_id = am.Column(am.ForeignKey("o.id")) })
    local owner = Owner()
    owner.notes.a = "A"
    assert.equal("A", owner.notes:setdefault("a", "B"))
    assert.equal("C", owner.notes:setdefault("c", "C"))
    assert.equal(2, owner.notes:len())
    assert.equal("none", owner.notes:pop("x", "none"))
    owner.words = { "x", "y" }
    owner.words:set(1, am.null)
    assert.equal(2, #owner.words)
    assert.equal(am.null, owner.words[1])
    raises("ArgumentError", function()
      am.association_proxy("a", "b", { create_on_none_assignment = true, cascade_scalar_deletes = true })
    end, "parameters are mutually exclusive")
    says("EXISTS (SELECT 1 FROM n, o WHERE o.id = n.o_id AND n.text IS NULL)", Owner.words:is_(nil))
  end)

  it("are conditions on classes", function()
    says("EXISTS (SELECT 1 FROM k, uk, u WHERE u.id = uk.u AND k.id = uk.k AND k.word = :word_1)", U.keywords:eq("x"))
    says("EXISTS (SELECT 1 FROM k, uk, u WHERE u.id = uk.u AND k.id = uk.k AND k.word LIKE :word_1)",
      U.keywords:like("x%"))
    says("EXISTS (SELECT 1 FROM asx, u WHERE u.id = asx.u_id AND :param_1 = asx.k_id)", U.ks:contains(K { id = 3 }))
    says("EXISTS (SELECT 1 FROM asx, u WHERE u.id = asx.u_id AND (EXISTS (SELECT 1 FROM k WHERE k.id = asx.k_id AND "
      .. "k.word = :word_1)))", U.ks:any { word = "x" })
    says("(EXISTS (SELECT 1 FROM u, asx WHERE u.id = asx.u_id AND u.name IS NULL)) OR asx.u_id IS NULL",
      As.uname:eq(nil))
  end)
end)
