-- Lazy loads of single objects: when the identity map, or what is known already, answers without SQL.
local am = require "alchemoon"
local backends = require "support.backends"
local executed = require "support.executed"

backends.each(function(backend)
  describe("a lazy load on " .. backend.name, function()
    local Base, Node, engine, session, log
    local function id() return am.Column(am.Integer, { primary_key = true, autoincrement = false }) end
    before_each(function()
      Base = am.declarative_base()
      Node = Base:model("Node", { __tablename__ = "ll_nodes", id = id(),
        parent_id = am.Column(am.ForeignKey "ll_nodes.id"),
        parent = am.relationship("Node", { remote_side = "Node.id" }),
        older = am.relationship("Node", { viewonly = true, foreign_keys = "Node.parent_id",
          primaryjoin = "and_(Node.parent_id == remote(Node.id), remote(Node.id) < 9)" }) })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      session:add(Node { id = 1 })
      session:commit()
      log = executed.record(engine, { params = false })
    end)
    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    it("needs no SQL where the INSERT left the foreign key out", function()
      local node = Node { id = 2 }
      session:add(node)
      session:flush()
      log:take()
      assert.is_nil(node.parent)
      assert.is_nil(node.older)
      assert.equal(0, log:count())
    end)

    it("of a partial key asks for NULL, or not at all without allow_partial_pks", function()
      for _, partial in ipairs { true, false } do
        local Part = Base:model(partial and "Part" or "Whole", { __tablename__ = partial and "ll_parts" or "ll_wholes",
          __mapper_args__ = { allow_partial_pks = partial }, a = id(), b = id(), c = am.Column(am.Integer) })
        Part.up = am.relationship(Part, { viewonly = true,
          primaryjoin = am.and_(Part.a:eq(am.remote(Part.a)), am.foreign(Part.c):eq(am.remote(Part.b))) })
        Base.metadata:create_all(session:connection())
        session:add(Part { a = 5, b = 1 })
        session:commit()
        local part = session:get(Part, { 5, 1 })
        log:take()
        assert.is_nil(part.up)
        local statements = log:take()
        assert.equal(partial and 1 or 0, #statements)
        assert.is_true(not partial or statements[1]:find("ll_parts.a = ? AND ll_parts.b IS NULL", 1, true) ~= nil)
      end
    end)

    it("of a reference whose key was set since the object expired asks for nothing else", function()
      local node = Node { id = 2 }
      session:add(node)
      session:commit()
      log:take()
      node.parent_id = 1
      assert.equal(1, session:no_autoflush(function() return node.parent.id end))
      assert.equal(1, #log:take())
    end)

    it("works for a pending object that enable_relationship_loading() was told of, without a flush", function()
      session:expunge_all() -- to refresh an expired parent would flush
      local node = Node { id = 2, parent_id = 1 }
      session:add(node)
      session:enable_relationship_loading(node)
      assert.equal(1, node.parent.id)
      assert.is_true(am.inspect(node).pending)
    end)
  end)
end)

describe("a relationship of noload", function()
  it("is loaded and empty, also after a refresh, until it is expired alone", function()
    local Base = am.declarative_base()
    local function id() return am.Column(am.Integer, { primary_key = true }) end
    local Shelf = Base:model("Shelf", { __tablename__ = "shelf", id = id(), name = am.Column(am.String),
      books = am.relationship("Book", { lazy = "noload" }),
      best = am.relationship("Book", { lazy = am.null, viewonly = true, uselist = false }), -- Python's None
      rest = am.relationship("Book", { viewonly = true }) })
    local Book = Base:model("Book", { __tablename__ = "book", id = id(),
      shelf_id = am.Column(am.ForeignKey "shelf.id") })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(Shelf { name = "a", books = { Book() } })
      session:commit()
      session:expunge_all()
      local shelf = session:get(Shelf, 1)
      local function unloaded() return table.concat(am.inspect(shelf).unloaded, " ") end
      assert.equal("rest", unloaded())
      assert.same({ 0, nil }, { #shelf.books, shelf.best })
      session:expire(shelf, { "books" })
      assert.equal("books rest", unloaded())
      session:commit()
      assert.equal("a", shelf.name)
      assert.equal("rest", unloaded())
      session:expunge_all()
      shelf = session:scalars(am.select(Shelf):options(am.noload(Shelf.rest))):one()
      assert.equal("", unloaded())
    end)
    engine:dispose()
  end)
end)
