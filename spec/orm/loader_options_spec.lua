-- Loader options: which ones are refused and how, which contradict each other, recursion. No database is needed for
-- most of it: an option is followed when its statement is compiled.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("loader options", function()
  local Base, User, Order, Node, Company, Person, Engineer, Manager

  setup(function()
    Base = am.declarative_base()
    User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      name = am.Column(am.String(20)), addresses = am.relationship("Address"), orders = am.relationship("Order") })
    Base:model("Address", { __tablename__ = "addresses", id = am.Column(am.Integer, { primary_key = true }),
      email = am.Column(am.String(20)), user_id = am.Column(am.ForeignKey "users.id") })
    Order = Base:model("Order", { __tablename__ = "orders", id = am.Column(am.Integer, { primary_key = true }),
      text = am.Column(am.String(20)), user_id = am.Column(am.ForeignKey "users.id") })
    Node = Base:model("Node", { __tablename__ = "nodes", id = am.Column(am.Integer, { primary_key = true }),
      parent_id = am.Column(am.ForeignKey "nodes.id"), children = am.relationship("Node") })
    Company = Base:model("Company", { __tablename__ = "companies",
      id = am.Column(am.Integer, { primary_key = true }), people = am.relationship("Person") })
    Person = Base:model("Person", { __tablename__ = "people", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String(10)), company_id = am.Column(am.ForeignKey "companies.id"),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" } })
    Engineer = Base:model("Engineer", { __extends__ = Person, __tablename__ = "engineers",
      id = am.Column(am.ForeignKey "people.id", { primary_key = true }), tool = am.Column(am.String(10)),
      __mapper_args__ = { polymorphic_identity = "engineer" } })
    Manager = Base:model("Manager", { __extends__ = Person, __tablename__ = "managers",
      id = am.Column(am.ForeignKey "people.id", { primary_key = true }), status = am.Column(am.String(10)),
      __mapper_args__ = { polymorphic_identity = "manager" } })
    am.configure_mappers()
  end)

  local function refuses(class, message, fn)
    local e = raises_exc(class, fn)
    assert.equal(message, e.message)
  end

  local function compiled(entity, ...) return am.select(entity):options(...):compile().sql end

  it("contains_eager() of a path says nothing of the way where an option of its own speaks", function()
    local node, leaf = am.aliased(Node), am.aliased(Node)
    local own = am.contains_eager(Node.children, { alias = node })
    local path = am.contains_eager(Node.children, Node.children, { alias = leaf })
    local stmt = am.select(Node):outerjoin(node, Node.children):outerjoin(leaf, node.children)
    local both = stmt:options(own, path):compile().sql
    assert.equal(both, stmt:options(path, own):compile().sql)
    assert.equal(both, stmt:options(own:contains_eager(Node.children, { alias = leaf })):compile().sql)
    refuses("InvalidRequestError", "Loader strategies for ORM Path[Mapper[Node(nodes)] -> Node.children -> " ..
      "Mapper[Node(nodes)]] conflict", function()
      stmt:options(own, am.contains_eager(Node.children, { alias = leaf })):compile()
    end)
  end)

  it("need attributes", function()
    local strings = "Strings are not accepted for attribute names in loader options; please use class-bound "
      .. "attributes directly."
    refuses("ArgumentError", strings, function() am.joinedload("addresses") end)
    refuses("ArgumentError", strings, function() am.defer("name") end)
    refuses("ArgumentError", strings, function() am.Load(User):selectinload("addresses.*") end)
    local e = raises_exc("ArgumentError", function() am.joinedload(15) end)
    assert.matches("^expected ORM mapped attribute for loader strategy argument", e.message)
    local Named = am.declarative_base():model("Named", { __tablename__ = "named",
      id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String),
      same = am.hybrid_property(function(self) return self.name end),
      twice = am.hybrid_property(function(self) return self.name .. self.name end) })
    for _, option in ipairs { function() am.load_only(Named.same) end, function() am.load_only(Named.twice) end,
      function() am.defer(Named.twice) end, function() am.selectinload(Named.twice) end } do
      raises_exc("ArgumentError", option, "^expected ORM mapped attribute for loader strategy argument, got the "
        .. "hybrid_property Named%.%a+; name the attributes that it is computed from$")
    end
    e = raises_exc("ArgumentError", function() am.selectinload(User) end)
    assert.matches("^expected ORM mapped attribute for loader strategy argument", e.message)
  end)

  it("must fit the kind of their property, which is looked at with the statement", function()
    local option = am.joinedload(User.name)
    refuses("LoaderStrategyException", 'Can\'t apply "joined loader" strategy to property "User.name", which is a '
      .. '"column property"; this loader strategy is intended to be used with a "relationship property".',
      function() return compiled(User, option) end)
    refuses("LoaderStrategyException", 'Can\'t apply "column loader" strategy to property "User.orders", which is a '
      .. '"relationship"; this loader strategy is intended to be used with a "column property".',
      function() return compiled(User, am.load_only(User.orders)) end)
    refuses("LoaderStrategyException", 'Can\'t apply "joined loader" strategy to property "User.name", which is a '
      .. '"column property"; this loader strategy is intended to be used with a "relationship property".',
      function() return am.joinedload(User.name):joinedload(Order.id) end)
  end)

  it("must begin at an entity of the statement", function()
    refuses("ArgumentError", "Mapped class Mapper[Order(orders)] does not apply to any of the root entities in this "
      .. "query, e.g. Mapper[User(users)]. Please specify the full path from one of the root entities to the target "
      .. "attribute. ", function() return compiled(User, am.load_only(Order.id)) end)
    refuses("ArgumentError", "Query has only expression-based entities; attribute loader options for "
      .. "Mapper[User(users)] can't be applied here.", function()
        return am.select(User.id):options(am.joinedload(User.orders)):compile()
      end)
    refuses("ArgumentError", "Can't apply wildcard ('*') or load_only() loader option to multiple entities in the same "
      .. "option. Use separate options per entity.", function() am.load_only(User.id, Order.id) end)
    local both = am.with_polymorphic(Person, { Manager }, { flat = true })
    refuses("ArgumentError", "Mapped class Mapper[Manager(managers)] does not apply to any of the root entities in "
      .. "this query, e.g. with_polymorphic(Person, [Manager]). Please specify the full path from one of the root "
      .. "entities to the target attribute. ", function() return compiled(both, am.load_only(Manager.status)) end)
  end)

  it("are passed over when with_only_columns() took their entity away", function()
    local stmt = am.select(User):options(am.joinedload(User.orders)):with_only_columns(User.id)
    assert.equal("SELECT users.id\nFROM users", (stmt:compile().sql:gsub(" *\n", "\n")))
    local kept = am.select(User, Order):options(am.joinedload(User.addresses), am.defer(Order.text))
      :with_only_columns(User)
    assert.matches("LEFT OUTER JOIN addresses", kept:compile().sql)
  end)

  it("must link from what stands before them", function()
    refuses("ArgumentError", 'ORM mapped attribute "Order.id" does not link mapped class "Mapper[User(users)]"',
      function() am.Load(User):defer(Order.id) end)
    refuses("ArgumentError", 'ORM mapped entity or attribute "Engineer.tool" does not link from relationship '
      .. '"Company.people".  Did you mean to use "Company.people.of_type(Engineer)" or '
      .. '"loadopt.options(selectin_polymorphic(Person, [Engineer]), ...)" ?',
      function() am.joinedload(Company.people):defer(Engineer.tool) end)
    refuses("ArgumentError", 'ORM mapped entity or attribute "Manager.status" does not link from relationship '
      .. '"Company.people.of_type(Mapper[Engineer(engineers)])".', function()
        am.joinedload(Company.people:of_type(Engineer)):defer(Manager.status)
      end)
    for _, fn in ipairs { function() am.Load(Person):defer(Engineer.tool) end,
      function() am.Load(Person):load_only(Engineer.tool) end,
      function() am.Load(Person):options(am.defer(Engineer.tool)) end } do
      refuses("ArgumentError", 'ORM mapped attribute "Engineer.tool" does not link mapped class '
        .. '"' .. tostring(Person.__mapper__) .. '"', fn)
    end
    refuses("ArgumentError", "Can't apply wildcard ('*') or load_only() loader option to multiple entities in the same "
      .. "option. Use separate options per entity.", function() am.load_only(Person.id, Engineer.tool) end)
    am.load_only(Engineer.tool, Person.id)
  end)

  it("may not contradict each other about one path", function()
    local path = "Loader strategies for ORM Path[Mapper[User(users)] -> User.orders -> Mapper[Order(orders)]] conflict"
    refuses("InvalidRequestError", path, function()
      return compiled(User, am.joinedload(User.orders), am.selectinload(User.orders))
    end)
    refuses("InvalidRequestError", path, function()
      return compiled(User, am.joinedload(User.orders), am.joinedload(User.orders, { innerjoin = true }))
    end)
    refuses("InvalidRequestError", "Loader strategies for ORM Path[Mapper[User(users)] -> User.name] conflict",
      function() return compiled(User, am.defer(User.name), am.undefer(User.name)) end)
    refuses("InvalidRequestError", "Loader strategies for ORM Path[Mapper[User(users)] -> User.orders -> "
      .. "Mapper[Order(orders)] -> Order.text] conflict", function()
        return compiled(User, am.joinedload(User.orders):defer(Order.text), am.defaultload(User.orders)
          :undefer(Order.text))
      end)
  end)

  it("agree when they say the same, and the last wildcard counts", function()
    assert.has_no.errors(function()
      compiled(User, am.joinedload(User.orders), am.joinedload(User.orders):defer(Order.text))
      compiled(User, am.defaultload(User.orders):defer(Order.text), am.selectinload(User.orders))
      compiled(User, am.lazyload("*"), am.raiseload("*"))
      compiled(User, am.defer(User.name), am.defer(User.name))
    end)
  end)

  it("leave the strategy to a wildcard where they name none", function()
    local text = compiled(User, am.joinedload("*"), am.defaultload(User.orders):load_only(Order.id))
    assert.matches("LEFT OUTER JOIN orders", text)
    assert.matches("LEFT OUTER JOIN addresses", text)
    assert.not_matches("orders_1%.text", text)
  end)

  it("may come to nothing if they are wildcards", function()
    assert.equal("SELECT users.name\nFROM users", (am.select(User.name):options(am.Load(User):lazyload("*"))
      :compile().sql:gsub(" *\n", "\n")))
  end)

  it("are no others than these", function()
    local e = raises_exc("ArgumentError", function()
      am.joinedload(User.orders):options(am.with_loader_criteria(Order, Order.id:gt(1)))
    end)
    assert.matches("^Loader option .* is not compatible with the Load%.options%(%) method%.$", e.message)
    assert.equal("Load(Mapper[User(users)])", tostring(am.Load(User)))
    raises_exc("ArgumentError", function() am.select(User):options(User.orders) end,
      "^options%(%) needs loader options such as .*, got the expression")
  end)

  it("may come to a Query as lists", function()
    local session = am.Session(am.create_engine "sqlite://")
    local query = session:query(User):options({ am.joinedload(User.orders), { am.defer(User.name) } })
    assert.matches("LEFT OUTER JOIN orders", tostring(query))
    assert.not_matches("users%.name", tostring(query))
    session:close()
  end)

  it("filter by and_() what they load themselves, not what the class's own loader loads", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(User { orders = { Order { text = "a" }, Order { text = "b" } } })
      session:commit()
      local only_a = User.orders:and_(Order.text:eq "a")
      for name, count in pairs { selectinload = 1, joinedload = 1, subqueryload = 1, lazyload = 1, immediateload = 2,
        defaultload = 2 } do
        session:expunge_all()
        local user = session:execute(am.select(User):options(am[name](only_a))):unique():scalar_one()
        assert.equal(count, #user.orders, name)
      end
    end)
    engine:dispose()
  end)

  it("that defer a primary key or a discriminator change nothing", function()
    local Pet = am.declarative_base():model("Pet", { __tablename__ = "pet",
      id = am.Column(am.Integer, { primary_key = true }), kind = am.Column(am.String), name = am.Column(am.String),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "pet" } })
    assert.equal(tostring(am.select(Pet)), tostring(am.select(Pet):options(am.defer(Pet.id), am.defer(Pet.kind))))
  end)

  it("deferred_raiseload alone defers a column, and its value is refused", function()
    local own = am.declarative_base()
    local Paper = own:model("Paper", { __tablename__ = "papers", id = am.Column(am.Integer, { primary_key = true }),
      secret = am.Column(am.String, { deferred_raiseload = true }),
      open = am.Column(am.String, { deferred_raiseload = true, deferred = false }) })
    assert.equal("SELECT papers.id, papers.open \nFROM papers", compiled(Paper))
    local engine = am.create_engine "sqlite://"
    own.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(Paper { secret = "x", open = "y" })
      session:flush()
      session:expunge_all()
      local paper = session:scalars(am.select(Paper)):one()
      local e = raises_exc("InvalidRequestError", function() return paper.secret end)
      assert.equal("'Paper.secret' is not available due to raiseload=true", e.message)
    end)
    engine:dispose()
    own.registry:dispose()
  end)

  it("find a column of a group deferred, unless the column says deferred = false", function()
    local Doc = am.declarative_base():model("Doc", { __tablename__ = "doc",
      id = am.Column(am.Integer, { primary_key = true }), one = am.Column(am.String, { deferred_group = "g" }),
      two = am.Column(am.String, { deferred_group = "g", deferred = false }) })
    assert.equal("SELECT doc.id, doc.two FROM doc", (tostring(am.select(Doc)):gsub("%s+", " ")))
  end)

  it("that undefer one column of a group leave it to come along with the others, unless it changed", function()
    local Doc = am.declarative_base():model("Doc", { __tablename__ = "doc",
      id = am.Column(am.Integer, { primary_key = true }), one = am.deferred(am.Column(am.String), { group = "g" }),
      two = am.deferred(am.Column(am.String), { group = "g" }) })
    local engine, texts = am.create_engine "sqlite://", {}
    Doc.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(Doc { id = 1, one = "a", two = "b" })
      session:commit()
      am.event.listen(engine, "before_cursor_execute", function(_, _, text)
        texts[#texts + 1] = text:match "SELECT (.-)%s+FROM"
      end)
      local doc = session:scalars(am.select(Doc):options(am.undefer(Doc.one))):one()
      assert.equal("b", doc.two)
      session:expire(doc, { "two" })
      doc.one = "c"
      assert.same({ "b", "c" }, { session:no_autoflush(function() return doc.two end), doc.one })
      assert.same({ "doc.id, doc.one", "doc.one AS doc_one, doc.two AS doc_two", "doc.two AS doc_two" }, texts)
    end)
    engine:dispose()
  end)

  describe("with recursion_depth", function()
    local engine, session, count

    before_each(function()
      engine = am.create_engine "sqlite://"
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      for i = 1, 60 do session:add(Node { id = i, parent_id = i > 1 and i - 1 or nil }) end
      session:commit()
      session:expunge_all()
      count = 0
      am.event.listen(engine, "before_cursor_execute", function() count = count + 1 end)
    end)
    after_each(function()
      session:close()
      engine:dispose()
    end)

    local function depth_of(option)
      local node = session:scalars(am.select(Node):where(Node.id:eq(1)):options(option)):one()
      local depth = 0
      while node and not am.inspect(node).unloaded:contains("children") do
        depth, node = depth + 1, node.children[1]
      end
      return depth
    end

    for _, name in ipairs { "selectinload", "immediateload" } do
      it("goes one level deeper than the number says, or to the end: " .. name, function()
        assert.equal(2, depth_of(am[name](Node.children, { recursion_depth = 1 })))
        session:expunge_all()
        assert.equal(16, depth_of(am[name](Node.children, { recursion_depth = 15 })))
        session:expunge_all()
        count = 0
        assert.equal(60, depth_of(am[name](Node.children, { recursion_depth = -1 })))
        assert.equal(61, count)
      end)
    end

    it("is for relationships of a class to itself", function()
      refuses("InvalidRequestError", "recursion_depth option on relationship User.orders not valid for "
        .. "non-self-referential relationship", function()
          return compiled(User, am.selectinload(User.orders, { recursion_depth = 2 }))
        end)
    end)
  end)
end)

describe("undefer_group() beside options for all columns", function()
  local Base = am.declarative_base()
  local Shelf = Base:model("Shelf", { __tablename__ = "s", id = am.Column(am.Integer, { primary_key = true }),
    a = am.Column(am.Integer), g = am.Column(am.Integer, { deferred = true, deferred_group = "m" }),
    boxes = am.relationship("Box") })
  local Box = Base:model("Box", { __tablename__ = "b", id = am.Column(am.Integer, { primary_key = true }),
    s_id = am.Column(am.ForeignKey "s.id"), g = am.Column(am.Integer, { deferred = true, deferred_group = "m" }) })
  local group = am.undefer_group "m"

  local function columns(entity, ...)
    return (tostring(am.select(entity):options(...)):gsub("%s+FROM.*", ""):gsub("%s+", " "):gsub("^SELECT ", ""))
  end

  it("yields to what is said of the class later", function()
    assert.equal("s.id, s.a", columns(Shelf, group, am.load_only(Shelf.a)))
    assert.equal("s.id, s.a, s.g", columns(Shelf, am.load_only(Shelf.a), group))
    assert.equal("s.id", columns(Shelf, group, am.Load(Shelf):defer "*"))
    assert.equal("s.id, s.g", columns(Shelf, am.Load(Shelf):defer "*", group))
  end)

  it("stands before what is said of all classes", function()
    assert.equal("s.id, s.a, s.g", columns(Shelf, group, am.defer "*"))
    assert.equal("s.id, s.a, s.g", columns(Shelf, am.defer "*", group))
    assert.equal("s.id, b_1.id AS id_1, b_1.s_id, b_1.g",
      columns(Shelf, am.defer "*", am.joinedload(Shelf.boxes):undefer_group "m"))
  end)

  it("without a class is for the statement's own entities", function()
    assert.equal("s.id, s.a, s.g, b_1.id AS id_1, b_1.s_id", columns(Shelf, group, am.joinedload(Shelf.boxes)))
    assert.equal("b.id, b.s_id, b.g", columns(Box, group))
  end)
end)
