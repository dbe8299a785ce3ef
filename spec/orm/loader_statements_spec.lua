-- The statements that eager loaders emit, and for which objects.
local am = require "alchemoon"
local executed = require "support.executed"

describe("eager loaders", function()
  local Base = am.declarative_base()
  local User = Base:model("User", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
    orders = am.relationship("Order", { order_by = "Order.id" }) })
  local Order = Base:model("Order", { __tablename__ = "orders", id = am.Column(am.Integer, { primary_key = true }),
    user_id = am.Column(am.ForeignKey("users.id")), kind = am.Column(am.String(10)),
    items = am.relationship("Item", { order_by = "Item.id" }) })
  local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
    order_id = am.Column(am.ForeignKey("orders.id")), kind = am.Column(am.String(10)) })
  local engine, session, log

  before_each(function()
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add(User { id = 7, orders = {
      Order { id = 1, kind = "a", items = { Item { id = 1, kind = "x" }, Item { id = 2, kind = "y" } } },
      Order { id = 2, kind = "b", items = { Item { id = 3, kind = "x" }, Item { id = 4, kind = "y" } } } } })
    session:commit()
    session:close()
    log = executed.record(engine, { params = false })
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("go on below objects that were loaded before", function()
    local user = session:get(User, 7)
    local first = user.orders[1]
    log:take()
    session:scalars(am.select(User):options(am.selectinload(User.orders):selectinload(Order.items))):all()
    assert.equal(3, log:count())
    log:take()
    assert.equal(2, #first.items)
    assert.equal(0, log:count())
  end)

  it("do not repeat the conditions of a relationship where its class is an alias below it", function()
    local Below = am.declarative_base()
    local links = am.Table("links", Below.metadata, am.Column("item_id", am.ForeignKey "items.id"),
      am.Column("order_id", am.ForeignKey "orders.id"))
    local Part = Below:model("Part", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }) })
    local Sale = Below:model("Sale", { __tablename__ = "orders", id = am.Column(am.Integer, { primary_key = true }),
      user_id = am.Column(am.ForeignKey "users.id"), parts = am.relationship(Part, { secondary = links }) })
    local Buyer = Below:model("Buyer", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      sales = am.relationship(Sale) })
    links:create(engine)
    log:take()
    session:scalars(am.select(Buyer):options(am.selectinload(Buyer.sales:and_(Sale.id:lt(9)))
      :selectinload(Sale.parts))):all()
    local sent = log:take()
    assert.matches("AND orders.id < %?", sent[2])
    assert.matches("WHERE orders_1.id IN %(%?, %?%)$", sent[3])
  end)

  it("that raise do so before an expired object is loaded again", function()
    local Raising = am.declarative_base()
    local Node = Raising:model("Node", { __tablename__ = "users", id = am.Column(am.Integer, { primary_key = true }),
      orders = am.relationship("Leaf", { lazy = "raise" }), none = am.relationship("Leaf", { lazy = "noload",
        viewonly = true }) })
    Raising:model("Leaf", { __tablename__ = "orders", id = am.Column(am.Integer, { primary_key = true }),
      user_id = am.Column(am.ForeignKey "users.id") })
    local node = session:get(Node, 7)
    session:expire_all()
    log:take()
    assert.matches("lazy='raise'", select(2, pcall(function() return node.orders end)).message)
    assert.equal(0, #node.none)
    assert.same({}, log:take())
  end)

  it("take the values of the conditions of this execution, level by level", function()
    local function ids(loader, order_kind, item_kind)
      session:close()
      local user = session:scalars(am.select(User):options(loader(User.orders:and_(Order.kind:eq(order_kind)))
        :options(loader(Order.items:and_(Item.kind:eq(item_kind)))))):unique():one()
      local out = {}
      for _, order in ipairs(user.orders) do
        for _, item in ipairs(order.items) do out[#out + 1] = item.id end
      end
      return table.concat(out, ",")
    end
    for _, loader in ipairs { am.selectinload, am.joinedload, am.subqueryload, am.lazyload } do
      assert.equal("1", ids(loader, "a", "x"))
      assert.equal("4", ids(loader, "b", "y"))
      assert.equal("2", ids(loader, "a", "y"))
    end
  end)

  it("selectin of a many-to-one names composite keys in their order, numbers as numbers", function()
    local Other = am.declarative_base()
    local Account = Other:model("Account", { __tablename__ = "account",
      a = am.Column(am.Integer, { primary_key = true }), b = am.Column(am.Integer, { primary_key = true }) })
    local Entry = Other:model("Entry", { __tablename__ = "entry", id = am.Column(am.Integer, { primary_key = true }),
      a = am.Column(am.Integer), b = am.Column(am.Integer), account = am.relationship(Account),
      __table_args__ = { am.ForeignKeyConstraint({ "a", "b" }, { "account.a", "account.b" }) } })
    Other.metadata:create_all(engine)
    for i, key in ipairs { { 10, 1 }, { 2, 10 }, { 2, 9 } } do
      session:add(Entry { id = i, account = Account { a = key[1], b = key[2] } })
    end
    session:commit()
    session:close()
    local with_values = executed.record(engine)
    session:scalars(am.select(Entry):order_by(Entry.id):options(am.selectinload(Entry.account))):all()
    assert.matches("%[2, 9, 2, 10, 10, 1%]$", with_values:take()[2])
  end)

  it("subquery: below a get and a lazy load", function()
    local user = session:get(User, 7, { options = { am.subqueryload(User.orders):subqueryload(Order.items) } })
    log:take()
    assert.equal(2, #user.orders[2].items)
    assert.equal(0, log:count())
    session:close()
    user = session:scalars(am.select(User):options(am.lazyload(User.orders):subqueryload(Order.items))):one()
    assert.equal(2, #user.orders[2].items)
  end)

  it("keep the joins of two entities that stand in one JOIN", function()
    local other = am.aliased(Order)
    local rows = session:execute(am.select(User, other):join(User.orders:of_type(other))
      :options(am.joinedload(User.orders), am.joinedload(other.items)):order_by(other.id)):unique():all()
    assert.equal(2, #rows)
    assert.equal(2, #rows[1][1].orders)
    assert.equal(2, #rows[2][2].items)
  end)
end)

describe("eager loaders of subclasses", function()
  local Base = am.declarative_base()
  local Company = Base:model("Company", { __tablename__ = "companies",
    id = am.Column(am.Integer, { primary_key = true }), staff = am.relationship("Person", { order_by = "Person.id" }) })
  local Person = Base:model("Person", { __tablename__ = "people", id = am.Column(am.Integer, { primary_key = true }),
    company_id = am.Column(am.ForeignKey("companies.id")), type = am.Column(am.String(10)),
    __mapper_args__ = { polymorphic_on = "type", polymorphic_identity = "person" } })
  local Engineer = Base:model("Engineer", { __extends__ = Person, __tablename__ = "engineers",
    id = am.Column(am.ForeignKey("people.id"), { primary_key = true }), language = am.Column(am.String(10)),
    __mapper_args__ = { polymorphic_identity = "engineer" } })

  it("of_type(Class) loads all of the hierarchy, that class with its columns", function()
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add(Company { id = 1, staff = { Person { id = 1 }, Engineer { id = 2, language = "lua" } } })
    session:commit()
    local log = executed.record(engine, { params = false })
    for _, loader in ipairs { am.joinedload, am.selectinload, am.subqueryload } do
      session:expunge_all()
      local stmt = am.select(Company):options(loader(Company.staff:of_type(Engineer)))
      local company = session:scalars(stmt):unique():one()
      log:take()
      assert.equal(2, #company.staff)
      assert.equal("lua", company.staff[2].language)
      assert.equal(0, log:count())
    end
    session:close()
    engine:dispose()
  end)

  it("a class selected from a union keeps its conditions there", function()
    local Other = am.declarative_base()
    local firm = Other:model("Firm", { __tablename__ = "firms", id = am.Column(am.Integer, { primary_key = true }),
      staff = am.relationship("Worker") })
    local workers = am.Table("workers", Other.metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("firm_id", am.ForeignKey("firms.id")), am.Column("type", am.String(10)))
    local smiths = am.Table("smiths", Other.metadata,
      am.Column("id", am.ForeignKey("workers.id"), { primary_key = true }), am.Column("metal", am.String(10)))
    local union = am.polymorphic_union({ { "smith", workers:join(smiths) },
      { "worker", workers:select():where(workers.c.type:eq("worker")):subquery() } }, nil, "pjoin")
    local Worker = Other:model("Worker", { __table__ = workers, __mapper_args__ = {
      with_polymorphic = { "*", union }, polymorphic_on = union.c.type, polymorphic_identity = "worker" } })
    local Smith = Other:model("Smith", { __extends__ = Worker, __table__ = smiths,
      __mapper_args__ = { polymorphic_identity = "smith" } })
    local engine = am.create_engine("sqlite://")
    Other.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add_all { firm { id = 1, staff = { Worker { id = 1, type = "worker" } } },
      firm { id = 2, staff = { Smith { id = 2, type = "smith", metal = "iron" } } } }
    session:commit()
    session:close()
    assert.equal(1, #session:get(firm, 1).staff)
    assert.equal("iron", session:get(firm, 2).staff[1].metal)
    local alias = am.aliased(Worker)
    assert.equal(2, #session:scalars(am.select(alias):order_by(alias.id)):all())
    assert.equal(1, #session:scalars(am.select(Worker):join(firm, firm.id:eq(Worker.firm_id)):where(firm.id:eq(2))
      :order_by(Worker.id)):all())
    session:close()
    engine:dispose()
  end)
end)
