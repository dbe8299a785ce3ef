-- subqueryload(): what the statement that was executed becomes within the loader's own.
local am = require "alchemoon"
local backends = require "support.backends"
local executed = require "support.executed"

backends.each(function(backend)
  describe("subqueryload on " .. backend.name, function()
    local Base, Customer, Sale, Line, Gift, engine, session, log
    before_each(function()
      Base = am.declarative_base()
      Customer = Base:model("Customer", { __tablename__ = "sl_customers",
        id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)),
        sales = am.relationship("Sale", { order_by = "Sale.id" }) })
      Sale = Base:model("Sale", { __tablename__ = "sl_sales", id = am.Column(am.Integer, { primary_key = true }),
        kind = am.Column(am.String(10)), customer_id = am.Column(am.ForeignKey "sl_customers.id"),
        lines = am.relationship("Line", { order_by = "Line.id" }),
        __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "sale" } })
      Gift = Base:model("Gift", { __extends__ = Sale, __tablename__ = "sl_gifts",
        id = am.Column(am.ForeignKey "sl_sales.id", { primary_key = true }), card = am.Column(am.String(10)),
        __mapper_args__ = { polymorphic_identity = "gift" } })
      Line = Base:model("Line", { __tablename__ = "sl_lines", id = am.Column(am.Integer, { primary_key = true }),
        sale_id = am.Column(am.ForeignKey "sl_sales.id") })
      engine = am.create_engine(backend.url, { enable_from_linting = false })
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      session:add_all { Customer { id = 1, name = "b", sales = { Sale { id = 1, lines = { Line { id = 1 } } } } },
        Customer { id = 2, name = "a", sales = { Gift { id = 2, card = "x", lines = { Line { id = 2 } } } } } }
      session:commit()
      session:close()
      log = executed.record(engine, { params = false })
    end)
    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    it("selects what a DISTINCT statement with a limit is ordered by", function()
      local found = session:query(Customer):options(am.subqueryload(Customer.sales)):distinct()
        :order_by(Customer.name):limit(1):all()
      assert.equal(2, found[1].sales[1].id)
      assert.matches("%(SELECT DISTINCT sl_customers.id AS sl_customers_id, sl_customers.name AS sl_customers_name",
        log:take()[2])
    end)

    it("goes on from the alias that a relationship names", function()
      local late = am.aliased(Sale, am.select(Sale):where(Sale.id:gt(1)):subquery "late")
      Customer.late_sales = am.relationship(late, { primaryjoin = late.customer_id:eq(Customer.id), viewonly = true })
      local found = session:scalars(am.select(Customer):order_by(Customer.id)
        :options(am.subqueryload(Customer.late_sales):subqueryload(late.lines))):all()
      local sent = log:take()
      assert.equal(3, #sent)
      assert.matches("AS late ON late.customer_id = anon_1.sl_customers_id JOIN sl_lines ON late.id", sent[3])
      assert.equal(0, #found[1].late_sales)
      assert.equal(2, found[2].late_sales[1].lines[1].id)
      assert.equal(0, log:count())
    end)

    it("goes on from the with_polymorphic() that was loaded", function()
      local any_sale = am.with_polymorphic(Sale, { Gift }, { flat = true })
      local found = session:scalars(am.select(Customer):order_by(Customer.id)
        :options(am.subqueryload(Customer.sales:of_type(any_sale)):subqueryload(any_sale.lines))):all()
      local sent = log:take()
      assert.equal(3, #sent)
      assert.matches("JOIN %(sl_sales AS sl_sales_1 LEFT OUTER JOIN sl_gifts AS sl_gifts_1 ON", sent[3])
      assert.equal(2, found[2].sales[1].lines[1].id)
    end)

    it("of a subclass joins relationships of its base by the base's columns", function()
      local found = session:scalars(am.select(Gift):options(am.subqueryload(Gift.lines))):all()
      assert.equal(1, #found[1].lines)
      assert.equal(2, found[1].lines[1].id)
      assert.matches("%(SELECT sl_sales.id AS sl_sales_id FROM sl_sales JOIN sl_gifts", log:take()[2])
    end)

    it("behind joinedload() of with_polymorphic() goes on from the class", function()
      local any_sale = am.with_polymorphic(Sale, { Gift }, { flat = true })
      session:scalars(am.select(Customer):options(am.joinedload(Customer.sales:of_type(any_sale))
        :subqueryload(any_sale.lines))):unique():all()
      assert.matches("JOIN sl_sales AS sl_sales_1 ON", log:take()[2])
    end)

    it("puts the tables side by side where of_type() named several classes", function()
      local Loan = Base:model("Loan", { __extends__ = Sale, __tablename__ = "sl_loans",
        id = am.Column(am.ForeignKey "sl_sales.id", { primary_key = true }),
        __mapper_args__ = { polymorphic_identity = "loan" } })
      Base.metadata:create_all(engine)
      log:take()
      session:scalars(am.select(Customer):options(am.joinedload(Customer.sales:of_type(Gift)),
        am.joinedload(Customer.sales:of_type(Loan)))):unique():all()
      local sent = log:take()
      assert.matches("LEFT OUTER JOIN %(sl_sales AS sl_sales_1 LEFT OUTER JOIN sl_gifts AS sl_gifts_1 ON", sent[1])
    end)

    it("is DISTINCT where a subquery of several tables has more keys than the relationship", function()
      local wide = am.with_polymorphic(Sale, { Gift }, { aliased = true })
      local found = session:scalars(am.select(wide):options(am.subqueryload(wide.lines)):order_by(wide.Gift.card)
        :limit(1)):all()
      assert.equal(1, #found)
      assert.matches("FROM %(SELECT DISTINCT anon_2.sl_sales_id AS [%w_]+, anon_2.sl_gifts_card AS", log:take()[2])
    end)

    it("has all entities of the statement in its FROM", function()
      session:execute(am.select(Customer, Line):options(am.subqueryload(Customer.sales))):all()
      assert.matches("FROM sl_customers, sl_lines%) AS anon_1", log:take()[2])
    end)

    it("fills a collection that the way back to its owner would leave empty", function()
      local Own = am.declarative_base()
      local Shelf = Own:model("Shelf", { __tablename__ = "sl_shelves",
        id = am.Column(am.Integer, { primary_key = true }),
        books = am.relationship("Book", { back_populates = "shelf", lazy = "noload" }) })
      local Book = Own:model("Book", { __tablename__ = "sl_books", id = am.Column(am.Integer, { primary_key = true }),
        shelf_id = am.Column(am.ForeignKey "sl_shelves.id"),
        shelf = am.relationship("Shelf", { back_populates = "books", lazy = "joined" }) })
      Own.metadata:drop_all(engine)
      Own.metadata:create_all(engine)
      session:add(Shelf { id = 1, books = { Book { id = 1 }, Book { id = 2 } } })
      session:commit()
      session:expunge_all()
      local shelf = session:scalars(am.select(Shelf):options(am.subqueryload(Shelf.books))):one()
      assert.equal(2, #shelf.books)
      assert.equal(shelf, shelf.books[1].shelf)
      session:close()
      Own.metadata:drop_all(engine)
      Own.registry:dispose()
    end)
  end)
end)
