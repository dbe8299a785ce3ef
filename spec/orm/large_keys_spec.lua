-- Keys of any size: rows whose keys fit into 32 bits have a way of their own into the identity map.
local am = require "alchemoon"
local backends = require "support.backends"

local SMALL, LARGE, NEGATIVE = 7, 4294967296 + 7, -7 -- LARGE is SMALL in its low 32 bits

backends.each(function(backend)
  describe("keys of any size on " .. backend.name, function()
    local Base, Shelf, Book, engine, session

    before_each(function()
      Base = am.declarative_base()
      Shelf = Base:model("Shelf", { __tablename__ = "lk_shelves",
        id = am.Column(am.BigInteger, { primary_key = true, autoincrement = false }),
        place = am.Column(am.Integer),
        books = am.relationship("Book", { order_by = "Book.id" }) })
      Book = Base:model("Book", { __tablename__ = "lk_books",
        id = am.Column(am.BigInteger, { primary_key = true, autoincrement = false }),
        shelf_id = am.Column(am.ForeignKey "lk_shelves.id") })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      for place, id in ipairs { SMALL, LARGE, NEGATIVE } do
        session:add(Shelf { id = id, place = place, books = { Book { id = id }, Book { id = id + 1 } } })
      end
      session:commit()
      session:expunge_all()
    end)

    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    local function ids(list)
      local out = {}
      for i, item in ipairs(list) do out[i] = item.id end
      return out
    end

    local function check(shelves)
      assert.same({ SMALL, LARGE, NEGATIVE }, ids(shelves))
      for _, shelf in ipairs(shelves) do
        assert.same({ shelf.id, shelf.id + 1 }, ids(shelf.books))
        assert.equal(shelf, session:get(Shelf, shelf.id))
      end
    end

    for _, loader in ipairs { "joinedload", "selectinload", "subqueryload", "lazyload" } do
      it("are told apart by " .. loader .. "()", function()
        local stmt = am.select(Shelf):order_by(Shelf.place):options(am[loader](Shelf.books))
        check(session:scalars(stmt):unique():all())
      end)
    end

    it("give a joined row its own object when large and small keys alternate", function()
      local stmt = am.select(Shelf, Book):join(Book, Shelf.id:ne(Book.shelf_id)):order_by(Book.id, Shelf.place)
      for _, row in ipairs(session:execute(stmt):all()) do
        assert.not_equal(row[1].id, row[2].shelf_id)
        assert.equal(session:get(Shelf, row[1].id), row[1])
        assert.equal(session:get(Book, row[2].id), row[2])
      end
    end)

    it("find the objects that are there, and do not fill what they hold", function()
      local known = session:get(Shelf, LARGE)
      known.place = 20
      session:scalars(am.select(Shelf):order_by(Shelf.place)):all()
      assert.equal(20, known.place)
      assert.equal(known, session:scalars(am.select(Shelf):where(Shelf.id:eq(LARGE))):one())
    end)
  end)
end)
