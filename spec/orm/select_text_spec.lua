-- The SQL of statements with entities, white space aside, and the errors of those that make no sense.
local am = require "alchemoon"
local select = am.select

local function squeeze(text) return (text:gsub("%s+", " ")) end

local function sql(stmt, dialect) return squeeze(stmt:compile({ dialect = dialect or "default" }).sql) end

local function refused(name, text, fn)
  local ok, e = pcall(fn)
  assert.is_false(ok)
  assert.equal(name, e.name)
  assert.truthy(e.message:find(text, 1, true), e.message)
end

local function models()
  local Base = am.declarative_base()
  local order_items = am.Table("order_items", Base.metadata,
    am.Column("order_id", am.ForeignKey("orders.id")), am.Column("item_id", am.ForeignKey("items.id")))
  local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column(am.String), addresses = am.relationship("Address", { backref = "user" }) })
  local Address = Base:model("Address", { __tablename__ = "addresses",
    id = am.Column(am.Integer, { primary_key = true }), user_id = am.Column(am.ForeignKey("users.id")) })
  local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }) })
  local Order = Base:model("Order", { __tablename__ = "orders", id = am.Column(am.Integer, { primary_key = true }),
    items = am.relationship("Item", { secondary = order_items }) })
  return { Base = Base, User = User, Address = Address, Order = Order, Item = Item }
end

describe("joins of entities", function()
  local User, Address, Order, Item
  setup(function()
    local m = models()
    User, Address, Order, Item = m.User, m.Address, m.Order, m.Item
  end)

  it("take a relationship as a condition wherever one may stand", function()
    assert.equal("SELECT users.id, users.name FROM users, addresses WHERE users.id = addresses.user_id",
      sql(select(User):where(User.addresses)))
    assert.equal("SELECT users.id = addresses.user_id AS addresses FROM users, addresses", sql(select(User.addresses)))
    assert.equal("SELECT orders.id FROM orders, order_items AS order_items_1, items WHERE orders.id = "
      .. "order_items_1.order_id AND items.id = order_items_1.item_id", sql(select(Order):where(Order.items)))
    local a1 = am.aliased(Address)
    assert.equal("SELECT users.id, users.name FROM users, addresses AS addresses_1 WHERE users.id = "
      .. "addresses_1.user_id", sql(select(User):where(User.addresses:of_type(a1))))
  end)

  it("are made by am.join() along relationships and foreign keys", function()
    assert.equal("SELECT users.id, users.name FROM users JOIN addresses ON users.id = addresses.user_id",
      sql(select(User):select_from(am.join(User, Address))))
    assert.equal("SELECT orders.id FROM orders JOIN order_items AS order_items_1 ON orders.id = "
      .. "order_items_1.order_id JOIN items ON items.id = order_items_1.item_id",
      sql(select(Order):select_from(am.join(Order, Item, Order.items))))
    local a1 = am.aliased(Address)
    assert.equal("SELECT users.id, users.name FROM users LEFT OUTER JOIN addresses AS addresses_1 ON users.id = "
      .. "addresses_1.user_id", sql(select(User):select_from(am.outerjoin(User, a1, User.addresses))))
  end)

  it("keep the FROM of EXISTS in conditions of their own, whose columns follow the secondary's alias", function()
    assert.equal("SELECT orders.id FROM orders JOIN order_items AS order_items_1 ON orders.id = "
      .. "order_items_1.order_id JOIN items ON items.id = order_items_1.item_id AND (EXISTS (SELECT 1 FROM items, "
      .. "order_items WHERE orders.id = order_items_1.order_id AND items.id = order_items_1.item_id))",
      sql(select(Order.id):join(Order.items:and_(Order.items:any()))))
  end)

  it("leave out a join that is there already, and adapt to a selectable", function()
    assert.equal("SELECT users.id, users.name FROM users JOIN addresses ON users.id = addresses.user_id",
      sql(select(User):join(User.addresses):join(User.addresses)))
    local sub = select(Address):subquery()
    assert.equal("SELECT users.id, users.name FROM users JOIN (SELECT addresses.id AS id, addresses.user_id AS user_id "
      .. "FROM addresses) AS anon_1 ON users.id = anon_1.user_id", sql(select(User):join(sub, User.addresses)))
  end)

  it("say what is wrong in SQLAlchemy's words", function()
    local ua = am.aliased(User)
    refused("InvalidRequestError", "explicit from clause Mapper[User(users)] does not match left side of relationship "
      .. "attribute aliased(User).addresses", function() return sql(select(User):join_from(User, ua.addresses)) end)
    refused("ArgumentError", "Join target, typically a FROM expression, or ORM relationship attribute expected, got "
      .. "'addresses'.", function() return select(User):join("addresses") end)
    refused("ArgumentError", "ON clause, typically a SQL expression or ORM relationship attribute expected, got "
      .. "'addresses'.", function() return select(User):join(Address, "addresses") end)
    refused("ArgumentError", "Join target Address.user_id does not refer to a mapped entity",
      function() return sql(select(User):join(Address.user_id)) end)
    refused("InvalidRequestError", "No 'on clause' argument may be passed when joining to a relationship path as a "
      .. "target", function() return sql(select(User):join(User.addresses, User.id:eq(Address.user_id))) end)
    refused("InvalidRequestError", "Join target aliased(User) does not correspond to the right side of join condition "
      .. "User.addresses", function() return sql(select(User):join(ua, User.addresses)) end)
    refused("InvalidRequestError", "Selectable 'anon_1' is not derived from 'addresses'",
      function() return sql(select(User):join(select(User):subquery(), User.addresses)) end)
    refused("CompileError", "Can't generate ORM query that includes multiple expressions at the same time as '*'; "
      .. "query for '*' alone if present", function() return sql(select(am.text("*"), User)) end)
  end)

  it("name the association table of an aliased class's EXISTS by an alias", function()
    local Base = am.declarative_base()
    local pairs_ = am.Table("pairs", Base.metadata, am.Column("a_id", am.ForeignKey "a.id"),
      am.Column("b_id", am.ForeignKey "b.id"))
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      bs = am.relationship("B", { secondary = pairs_ }) })
    Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }) })
    local a = am.aliased(A)
    assert.equal("SELECT a_1.id FROM a AS a_1 WHERE EXISTS (SELECT 1 FROM b, pairs AS pairs_1 "
      .. "WHERE a_1.id = pairs_1.a_id AND b.id = pairs_1.b_id)", sql(select(a):where(a.bs:any())))
  end)

  it("have joined eager loads behind all that select_from() names", function()
    local other = am.table("other", am.column("id"))
    assert.equal("SELECT users.id, users.name, addresses_1.id AS id_1, addresses_1.user_id FROM other, users "
      .. "LEFT OUTER JOIN addresses AS addresses_1 ON users.id = addresses_1.user_id",
      sql(select(User):select_from(User, other):options(am.joinedload(User.addresses))))
  end)

  it("know their FROM elements before they are compiled", function()
    local from = select(User):join(User.addresses):get_final_froms()[1]
    assert.equal("users JOIN addresses ON users.id = addresses.user_id", tostring(from))
  end)
end)

describe("aliases, labels and groups", function()
  local User, Address, Order, Item
  setup(function()
    local m = models()
    User, Address, Order, Item = m.User, m.Address, m.Order, m.Item
    User.shout = am.column_property(am.func.upper(User.name))
    User.count = am.column_property(select(am.func.count(Address.id)):where(Address.user_id:eq(User.id))
      :correlate(User):scalar_subquery())
  end)

  it("an alias of an alias takes the columns of what it is made of", function()
    local other = am.aliased(Address)
    local sub = select(Address, other):subquery()
    local a1, a2 = am.aliased(Address, sub), am.aliased(other, sub)
    assert.equal("SELECT anon_1.id, anon_1.user_id, anon_1.id_1, anon_1.user_id_1 FROM (SELECT addresses.id AS id, "
      .. "addresses.user_id AS user_id, addresses_1.id AS id_1, addresses_1.user_id AS user_id_1 FROM addresses, "
      .. "addresses AS addresses_1) AS anon_1", sql(select(a1, a2)))
    assert.equal("SELECT addresses_1.id, addresses_1.user_id FROM addresses AS addresses_1",
      sql(select(am.aliased(other))))
  end)

  it("GROUP BY of a class is GROUP BY of its columns", function()
    assert.equal("SELECT orders.id, count(items.id) AS count_1 FROM orders, items GROUP BY orders.id",
      sql(select(Order, am.func.count(Item.id)):group_by(Order)))
  end)

  it("an alias's column property has parameters of its own", function()
    local Base = am.declarative_base()
    local Person = Base:model("Person", { __tablename__ = "people", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)) })
    Person.shout = am.column_property(Person.name .. "!")
    local other = am.aliased(Person)
    assert.equal("SELECT people_1.name || :name_1 AS anon_1, people.name || :name_2 AS anon_2 FROM people AS people_1, "
      .. "people", sql(select(other.shout, Person.shout)))
  end)

  it("column properties are ordered by their labels and correlate to aliases", function()
    assert.equal("SELECT users.id, users.name, upper(users.name) AS upper_1, (SELECT count(addresses.id) AS count_1 "
      .. "FROM addresses WHERE addresses.user_id = users.id) AS anon_1 FROM users ORDER BY upper_1, anon_1",
      sql(select(User):order_by(User.shout, User.count)))
    local u1 = am.aliased(User)
    assert.equal("SELECT users_1.id, users_1.name, upper(users_1.name) AS upper_1, (SELECT count(addresses.id) AS "
      .. "count_1 FROM addresses WHERE addresses.user_id = users_1.id) AS anon_1 FROM users AS users_1 ORDER BY "
      .. "upper_1", sql(select(u1):order_by(u1.shout)))
    assert.truthy(select(User.shout):subquery().c.shout)
  end)
end)

describe("a counting column property of an alias of an alias", function()
  local function counted(style)
    local Base = am.declarative_base()
    local Address = Base:model("Address", { __tablename__ = "addresses", id = am.Column(am.Integer,
      { primary_key = true }), user_id = am.Column(am.ForeignKey "users.id"), city = am.Column(am.Text) })
    local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }) })
    local count = am.select(am.func.count(Address.id)):where(Address.user_id:eq(User.id))
    if style == "correlate" then count = count:correlate(User) else count = count:correlate_except(Address) end
    User.total = am.column_property(count:scalar_subquery())
    local session = am.Session()
    local found = session:query(User.id):join(Address):filter(Address.city:eq "x"):cte "found"
    local alias = am.aliased(User, found)
    local page = session:query(alias.id):limit(5):cte "page"
    local last = am.aliased(User, page)
    return tostring(session:query(last.id, last.total)):gsub("%s+", " ")
  end

  for _, style in ipairs { "correlate", "correlate_except" } do
    it("counts for the rows of the last one: " .. style, function()
      assert.is_truthy(counted(style):find("(SELECT count(addresses.id) AS count_1 FROM addresses "
        .. "WHERE addresses.user_id = page.id) AS anon_1 FROM page", 1, true), counted(style))
    end)
  end
end)

describe("and_() of a relationship over an association table", function()
  it("may speak of that table, which stands in the join under an alias", function()
    local m = models()
    local order_items = m.Base.metadata.tables.order_items
    assert.equal("SELECT orders.id FROM orders JOIN order_items AS order_items_1 ON orders.id = order_items_1.order_id "
      .. "JOIN items ON items.id = order_items_1.item_id AND order_items_1.item_id > :item_id_1",
      sql(select(m.Order.id):join(m.Order.items:and_(order_items.c.item_id:gt(1)))))
  end)
end)

describe("unions of queries", function()
  local User
  setup(function() User = models().User end)

  it("may be united once more, filtered and counted", function()
    local s = am.Session()
    local one, two, three = s:query(User):filter_by { id = 1 }, s:query(User):filter_by { id = 2 },
      s:query(User):filter_by { id = 3 }
    local both = one:union(two)
    local inner = "SELECT users.id AS users_id, users.name AS users_name FROM users WHERE users.id = "
    assert.equal("SELECT anon_1.anon_2_users_id AS anon_1_anon_2_users_id, anon_1.anon_2_users_name AS "
      .. "anon_1_anon_2_users_name FROM (SELECT anon_2.users_id AS anon_2_users_id, anon_2.users_name AS "
      .. "anon_2_users_name FROM (" .. inner .. ":id_1 UNION " .. inner .. ":id_2) AS anon_2 UNION " .. inner
      .. ":id_3) AS anon_1", squeeze(tostring(both:union(three))))
    assert.equal("SELECT anon_1.users_id AS anon_1_users_id, anon_1.users_name AS anon_1_users_name FROM (" .. inner
      .. ":id_1 UNION " .. inner .. ":id_2) AS anon_1 WHERE anon_1.users_name = :name_1",
      squeeze(tostring(both:filter_by { name = "x" })))
  end)

  it("give their expressions as columns, after the collector ran as before it", function()
    local s, lower = am.Session(), am.func.lower(User.name)
    local function union()
      local q = s:query(User.id, lower:label("low"), am.literal(5):label("five"))
      return q:union(q:filter(User.id:eq(2)))
    end
    local columns = "SELECT anon_1.users_id AS anon_1_users_id, anon_1.low AS anon_1_low, anon_1.five AS anon_1_five "
    local q = union():order_by(lower)
    for _ = 1, 3 do collectgarbage() end
    local text = squeeze(tostring(q))
    assert.equal(columns, text:sub(1, #columns))
    assert.truthy(text:find("ORDER BY anon_1.low", 1, true), text)
    text = squeeze(tostring(union():union(s:query(User.id, lower, am.literal(6))):with_entities(User.id):filter(
      lower:eq("x"))))
    assert.truthy(text:find("WHERE anon_1.anon_2_low = :lower_2", 1, true), text)
  end)

  it("refuse what comes too late", function()
    local q = am.Session():query(User):order_by(User.id)
    refused("InvalidRequestError", "Query.select_from() being called on a Query with existing criterion. ",
      function() return q:select_from(User) end)
    refused("InvalidRequestError", "Can't call this method on a Query that uses from_statement()",
      function() return am.Session():query(User):from_statement(am.text("select 1")):subquery() end)
  end)
end)

describe("a query of entities", function()
  local m = models()

  it("selects nothing more for ORDER BY, even if it is DISTINCT", function()
    local q = am.Session():query(m.User.id, m.User.name:label "foo"):distinct():order_by(m.User.name, m.Address.id)
    assert.equal("SELECT DISTINCT users.id AS users_id, users.name AS foo FROM users "
      .. "ORDER BY users.name, addresses.id", squeeze(tostring(q)))
  end)

  it("takes entities from statements that give rows only", function()
    local select_words = "SELECT construct or equivalent text() construct expected, got users."
    refused("ArgumentError", select_words, function()
      return am.Session():query(m.User):from_statement(m.User.__table__)
    end)
    refused("ArgumentError", "Row returning expression such as a SELECT, a FROM clause, or an INSERT/UPDATE/DELETE "
      .. "with RETURNING expected, got users.id = ", function()
      return select(m.User):from_statement(m.User.id:eq(5))
    end)
  end)

  it("keeps a hint about an entity", function()
    assert.equal("SELECT users.id, users.name FROM users USE INDEX (a)",
      sql(select(m.User):with_hint(m.User, "USE INDEX (a)", "mysql"), "mysql"))
  end)
end)

describe("a query as a part of another statement", function()
  it("names its columns after their tables where somebody may see it", function()
    local User = models().User
    local query = am.Session():query(User.id, User.name)
    local labelled = "SELECT users.id AS users_id, users.name AS users_name FROM users"
    assert.equal("INSERT INTO users (id, name) " .. labelled,
      squeeze(tostring(am.insert(User):from_select({ "id", "name" }, query))))
    assert.equal(labelled .. " UNION " .. labelled, squeeze(tostring(am.union(query, query))))
    assert.equal("SELECT users.id FROM users WHERE (users.id, users.name) IN (SELECT users.id, users.name FROM users)",
      sql(select(User.id):where(am.tuple_(User.id, User.name):in_(query))))
  end)
end)

describe("a CTE of an INSERT, UPDATE or DELETE of a class", function()
  it("is one, whether columns or FROM name it", function()
    local m = models()
    local gone = am.delete(m.User):where(m.User.name:eq "x"):returning(m.User.id, m.User.name):cte "gone"
    local with = "WITH gone AS (DELETE FROM users WHERE users.name = :name_1 RETURNING users.id, users.name) "
    assert.equal(with .. "SELECT count(*) AS count_1, min(gone.id) AS min_1 FROM gone",
      squeeze(tostring(select(am.func.count(), am.func.min(gone.c.id)):select_from(gone))))
    assert.equal(with .. "SELECT addresses.id, gone.name FROM addresses JOIN gone ON gone.id = addresses.user_id",
      squeeze(tostring(select(m.Address.id, gone.c.name):join(gone, gone.c.id:eq(m.Address.user_id)))))
  end)
end)

describe("joined loading with LIMIT", function()
  it("wraps also where a collection only ends a circle", function()
    local Base = am.declarative_base()
    local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      bs = am.relationship("B", { back_populates = "a", lazy = "joined" }) })
    local B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
      a_id = am.Column(am.ForeignKey "a.id"), a = am.relationship(A, { back_populates = "bs", lazy = "joined" }) })
    assert.equal("SELECT anon_1.id, anon_1.a_id, a_1.id AS id_1 FROM (SELECT b.id AS id, b.a_id AS a_id FROM b "
      .. "LIMIT :param_1) AS anon_1 LEFT OUTER JOIN a AS a_1 ON a_1.id = anon_1.a_id", sql(select(B):limit(2)))
  end)
end)

describe("rows of entities", function()
  it("have no key for an alias without a name", function()
    local m = models()
    local engine = am.create_engine "sqlite://"
    m.Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(m.User { id = 1, name = "ann" })
      session:flush()
      local nameless, named = am.aliased(m.User), am.aliased(m.User, { name = "other" })
      local result = session:execute(select(nameless, named, m.User):where(nameless.id:eq(named.id),
        named.id:eq(m.User.id)))
      assert.same({ "other", "User" }, { result:keys()[1], result:keys()[2] })
      local row = result:one()
      assert.equal(3, #row)
      assert.equal("ann", row[1].name)
      assert.equal("ann", row[nameless].name)
      assert.equal(row.other, row:as_dict().other)
      assert.same({ "other", "User" }, { row._fields[1], row._fields[2] })
    end)
    engine:dispose()
  end)
end)

describe("statements over classes of several tables", function()
  local Group, Person, Engineer
  local function models_with(with_polymorphic)
    local Base = am.declarative_base()
    Group = Base:model("Group", { __tablename__ = "groups", id = am.Column(am.Integer, { primary_key = true }),
      people = am.relationship("Person") })
    Person = Base:model("Person", { __tablename__ = "people", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String), group_id = am.Column(am.ForeignKey("groups.id")),
      papers = am.relationship("Paper"), __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person",
        with_polymorphic = with_polymorphic } })
    Engineer = Base:model("Engineer", { __extends__ = Person, __tablename__ = "engineers",
      id = am.Column(am.ForeignKey("people.id"), { primary_key = true }), machines = am.relationship("Machine"),
      __mapper_args__ = { polymorphic_identity = "engineer" } })
    Base:model("Machine", { __tablename__ = "machines", id = am.Column(am.Integer, { primary_key = true }),
      engineer_id = am.Column(am.ForeignKey("engineers.id")) })
    Base:model("Paper", { __tablename__ = "papers", id = am.Column(am.Integer, { primary_key = true }),
      person_id = am.Column(am.ForeignKey("people.id")) })
  end
  local BOTH = "people LEFT OUTER JOIN engineers ON people.id = engineers.id"

  it("correlate with each of the tables", function()
    models_with("*")
    for _, entity in ipairs { Person, am.with_polymorphic(Person, "*") } do
      assert.equal("SELECT people.kind FROM " .. BOTH .. " WHERE (SELECT groups.id FROM groups WHERE groups.id = "
        .. "people.group_id) = :param_1", sql(select(entity.kind):where(select(Group.id):where(Group.id:eq(
          entity.group_id)):correlate(entity):scalar_subquery():eq(3))))
    end
  end)

  it("have their FROM once, whatever is selected", function()
    models_with("*")
    assert.equal("SELECT people.kind, people.id FROM " .. BOTH, sql(select(Person.kind, Person.id)))
    assert.equal("SELECT count(*) AS count_1 FROM (SELECT people.id AS id, people.kind AS kind, people.group_id AS "
      .. "group_id, engineers.id AS id_1 FROM " .. BOTH .. ") AS anon_1",
      sql(select(am.func.count()):select_from(select(Person):subquery())))
    assert.equal("SELECT groups.id FROM groups WHERE EXISTS (SELECT 1 FROM " .. BOTH .. " WHERE groups.id = "
      .. "people.group_id)", sql(select(Group.id):where(Group.people:of_type(Person):any())))
  end)

  it("join from a base's relationship, and from a subclass's to what has the base only", function()
    models_with(nil)
    assert.equal("SELECT engineers.id, people.id AS id_1, people.kind, people.group_id FROM people JOIN engineers ON "
      .. "people.id = engineers.id JOIN papers ON people.id = papers.person_id",
      sql(select(Engineer):join(Person.papers)))
    assert.equal("SELECT groups.id FROM groups JOIN people ON groups.id = people.group_id JOIN machines ON people.id = "
      .. "machines.engineer_id", sql(select(Group.id):join(Group.people):join(Engineer.machines)))
  end)

  it("know a column_property that came late", function()
    models_with(nil)
    Group.size = am.column_property(select(am.func.count(Person.id)):where(Person.group_id:eq(Group.id))
      :correlate_except(Person):scalar_subquery())
    assert.equal("SELECT anon_2.anon_1 FROM (SELECT groups.id AS id, (SELECT count(people.id) AS count_1 FROM people "
      .. "WHERE people.group_id = groups.id) AS anon_1 FROM groups) AS anon_2",
      sql(select(select(Group):subquery().c.size)))
  end)
end)

describe("a bundle", function()
  it("gives every column by its name, also one that is called name or list", function()
    local m = models()
    local bundle = am.Bundle("b", m.User.id, m.User.name, m.User.id:label("list"))
    assert.equal("SELECT users.id, users.name, users.id AS list FROM users WHERE users.name = :name_1 ORDER BY list",
      sql(select(bundle):where(bundle.c.name:eq("ann")):order_by(bundle.c.list)))
    refused("ArgumentError", "Bundle 'b' has no column 'nope'", function() return bundle.c.nope end)
  end)

  it("is its columns where expressions are listed", function()
    local m = models()
    local bundle = am.Bundle("b", m.User.id, am.Bundle("inner", m.User.name))
    assert.equal("SELECT users.id FROM users GROUP BY users.id, users.name ORDER BY users.id, users.name",
      sql(select(m.User.id):group_by(bundle):order_by(bundle)))
    assert.equal("SELECT row_number() OVER (PARTITION BY users.id, users.name ORDER BY users.id, users.name) AS anon_1 "
      .. "FROM users", sql(select(am.func.row_number():over{ partition_by = bundle, order_by = bundle })))
  end)
end)

describe("a join to a subclass whose tables are in FROM already", function()
  local Base, A, B, C, D, Seen

  setup(function()
    am.logging.set_handler(function() end) -- each such join warns
    Base = am.declarative_base()
    local function sub(name, of)
      return Base:model(name, { __extends__ = A, __tablename__ = name:lower(),
        __mapper_args__ = { polymorphic_identity = name },
        id = am.Column(am.Integer, am.ForeignKey("a.id"), { primary_key = true }),
        of_id = of and am.Column(am.Integer, am.ForeignKey(of .. ".id")) or nil })
    end
    A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String), kind = am.Column(am.String), __mapper_args__ = { polymorphic_on = "kind" } })
    Seen = Base:model("Seen", { __tablename__ = "seen",
      id = am.Column(am.Integer, am.ForeignKey("a.id"), { primary_key = true }) })
    A.seen = am.relationship(Seen)
    B, C, D = sub("B"), sub("C", "b"), sub("D", "c")
  end)

  teardown(function() am.logging.set_handler(nil) end)

  it("gives it aliases that stand for its own attributes only", function()
    assert.equal("SELECT a.name, a_1.name AS name_1, a_2.name AS name_2 FROM a JOIN b ON a.id = b.id JOIN (a AS a_1 "
      .. "JOIN c AS c_1 ON a_1.id = c_1.id) ON c_1.of_id = b.id JOIN (a AS a_2 JOIN d AS d_1 ON a_2.id = d_1.id) ON "
      .. "d_1.of_id = c_1.id", sql(select(B.name, C.name, D.name):select_from(B):join(C, C.of_id:eq(B.id))
        :join(D, D.of_id:eq(C.id))))
  end)

  it("selects its entity, and loads along with it, from these aliases", function()
    assert.equal("SELECT b.id, a.id AS id_1, a.name, a.kind, c_1.id AS id_2, a_1.id AS id_3, a_1.name AS name_1, "
      .. "a_1.kind AS kind_1, c_1.of_id, seen_1.id AS id_4, seen_2.id AS id_5 FROM a JOIN b ON a.id = b.id JOIN (a AS "
      .. "a_1 JOIN c AS c_1 ON a_1.id = c_1.id) ON c_1.of_id = b.id LEFT OUTER JOIN seen AS seen_1 ON a.id = seen_1.id "
      .. "LEFT OUTER JOIN seen AS seen_2 ON a_1.id = seen_2.id",
      sql(select(B, C):join(C, C.of_id:eq(B.id)):options(am.joinedload(B.seen), am.joinedload(C.seen))))
  end)

  it("leaves alone the columns of a table that the program names itself", function()
    assert.matches("WHERE a%.name = :name_1$",
      sql(select(B.id):join(C, C.of_id:eq(B.id)):where(A.__table__.c.name:eq("x"))))
  end)
end)

describe("filter_by() names attributes", function()
  local Base = am.declarative_base()
  local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
    name = am.Column("a_name", am.String), other = am.synonym "name",
    hybrid = am.hybrid_property(function(self) return self.id end) })
  local B = Base:model("B", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
    a_id = am.Column(am.ForeignKey "a.id"), a = am.relationship "A" })

  it("of the class whose attribute is selected, alone or inside an expression", function()
    for _, what in ipairs { A.id, A.id:label "q", A.id + 1, am.func.count(A.id) } do
      assert.matches("FROM a WHERE a.a_name = :a_name_1$", squeeze(tostring(am.select(what):filter_by { name = "x" })))
    end
    assert.equal("SELECT a_1.id FROM a AS a_1 WHERE a_1.a_name = :a_name_1",
      squeeze(tostring(am.select(am.aliased(A).id):filter_by { other = "x" })))
    assert.equal("SELECT a_1.id, a_1.a_name FROM a AS a_1 WHERE a_1.id = :id_1",
      squeeze(tostring(am.select(am.aliased(A)):filter_by { hybrid = 1 })))
    assert.equal("SELECT b.id FROM b WHERE :param_1 = b.a_id",
      squeeze(tostring(am.select(B.id):filter_by { a = A { id = 3 } })))
    refused("InvalidRequestError", 'no property "a_name"', function() am.select(A.id):filter_by { a_name = "x" } end)
  end)

  it("of the class that is updated or deleted", function()
    assert.equal("UPDATE a SET a_name=:a_name WHERE a.a_name = :a_name_1",
      squeeze(tostring(am.update(A):filter_by { other = "x" }:values { name = "y" })))
    assert.equal("DELETE FROM b WHERE :param_1 = b.a_id",
      squeeze(tostring(am.delete(B):filter_by { a = A { id = 3 } })))
    assert.equal("DELETE FROM a WHERE a.a_name = :a_name_1",
      squeeze(tostring(am.delete(A.__table__):filter_by { a_name = "x" })))
  end)
end)
describe("RETURNING of a class", function()

  local function item_class()
    local Item = am.declarative_base():model("Item", { __tablename__ = "item",
      id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String),
      notes = am.deferred(am.Column(am.String)) })
    Item.upper = am.column_property(am.func.upper(Item.name))
    return Item
  end

  local function pg(stmt) return squeeze(stmt:compile { dialect = "postgresql" }.sql) end

  it("is all columns in an INSERT and what objects are stored in for UPDATE and DELETE", function()
    local Item = item_class()
    assert.equal("INSERT INTO item (name) VALUES ($1) RETURNING item.id, item.name, item.notes",
      pg(am.insert(Item):values { name = "x" }:returning(Item)))
    assert.equal("UPDATE item SET name=$1 RETURNING item.id, item.name",
      pg(am.update(Item):values { name = "x" }:returning(Item)))
    assert.equal("DELETE FROM item RETURNING item.id, item.name", pg(am.delete(Item):returning(Item)))
    assert.equal("DELETE FROM item RETURNING upper(item.name) AS upper_1", pg(am.delete(Item):returning(Item.upper)))
    assert.equal("UPDATE item SET name=$1 RETURNING item.id, item.name, item.notes",
      pg(am.update(Item.__table__):values { name = "x" }:returning(Item)))
    assert.equal("WITH anon_1 AS (DELETE FROM item RETURNING item.id, item.name, item.notes) "
      .. "SELECT anon_1.id, anon_1.name, anon_1.notes FROM anon_1", pg(select(am.delete(Item):returning(Item):cte())))
  end)

  it("leaves expressions to a later load", function()
    local Item = item_class()
    local engine = am.create_engine "sqlite://"
    Item.metadata:create_all(engine)
    local session = am.Session(engine)
    local item = session:scalars(am.insert(Item):values { name = "x" }:returning(Item)):one()
    assert.is_true(am.inspect(item).unloaded:contains "upper")
    assert.equal("X", item.upper)
    session:close()
    engine:dispose()
  end)
end)

describe("an entity of several classes", function()
  local Base = am.declarative_base()
  local Thing = Base:model("Thing", { __tablename__ = "thing", id = am.Column(am.Integer, { primary_key = true }),
    kind = am.Column(am.String), __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "thing" } })
  local Big = Base:model("Big", { __extends__ = Thing, __tablename__ = "big",
    id = am.Column(am.ForeignKey "thing.id", { primary_key = true }), size = am.Column(am.Integer),
    __mapper_args__ = { polymorphic_identity = "big" } })
  local Red = Base:model("Red", { __extends__ = Thing, tone = am.Column(am.String),
    __mapper_args__ = { polymorphic_identity = "red" } })

  it("has its columns in a subquery in the order of the classes", function()
    local columns = "thing.id AS id, thing.kind AS kind, big.id AS id_1, big.size AS size, thing.tone AS tone"
    assert.equal("SELECT anon_1.id, anon_1.kind, anon_1.id_1, anon_1.size, anon_1.tone FROM (SELECT " .. columns
      .. " FROM thing LEFT OUTER JOIN big ON thing.id = big.id) AS anon_1",
      sql(select(am.with_polymorphic(Thing, { Big, Red })):subquery():select()))
  end)

  it("as a flat alias names each of several tables by itself", function()
    local Wide = Base:model("Wide", { __tablename__ = "wide", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String), __mapper_args__ = { polymorphic_on = "kind", with_polymorphic = "*" } })
    for _, name in ipairs { "north", "south" } do
      Base:model(name, { __extends__ = Wide, __tablename__ = name, __mapper_args__ = { polymorphic_identity = name },
        id = am.Column(am.ForeignKey "wide.id", { primary_key = true }) })
    end
    assert.equal("SELECT al_wide.id FROM wide AS al_wide LEFT OUTER JOIN north AS al_north ON al_wide.id = al_north.id "
      .. "LEFT OUTER JOIN south AS al_south ON al_wide.id = al_south.id",
      sql(select(am.aliased(Wide, { name = "al", flat = true }).id)))
  end)

  it("as an alias of an alias keeps what only the inner one has", function()
    local inner = am.aliased(Thing)
    local few = select(Thing.id):subquery()
    assert.equal("SELECT thing_1.id, thing_1.kind FROM (SELECT thing.id AS id FROM thing) AS anon_1, thing AS thing_1",
      sql(select(am.aliased(inner, few))))
  end)
end)
