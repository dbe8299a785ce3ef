-- Entities from the rows of other statements: from_statement() and RETURNING.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("entities from other statements on " .. backend.name, function()
    local engine, session, User

    before_each(function()
      engine = am.create_engine(backend.url)
      local Base = am.declarative_base()
      User = Base:model("User", { __tablename__ = "fs_users", id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column("nm", am.String(20)), data = am.Column(am.JSON) })
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      session:add_all { User { id = 1, name = "ann", data = { a = 1 } }, User { id = 2, name = "bob" } }
      session:commit()
      User.__base = Base
    end)

    after_each(function()
      session:close()
      User.__base.metadata:drop_all(engine)
      engine:dispose()
    end)

    it("finds the columns of a text by name, in any order", function()
      local text = am.text "SELECT data, nm, id FROM fs_users WHERE id > :least ORDER BY id DESC"
      local list = session:scalars(am.select(User):from_statement(text), { least = 0 }):all()
      assert.same({ "bob", "ann" }, { list[1].name, list[2].name })
      assert.equal(list[2], session:get(User, 1))
      assert.equal(1, list[2].data.a)
    end)

    it("leaves to the first read what contains_eager() finds no columns for, whatever bears their names", function()
      local Base = am.declarative_base()
      local Author = Base:model("Author", { __tablename__ = "fs_authors",
        id = am.Column(am.Integer, { primary_key = true }), books = am.relationship("Book") })
      local Book = Base:model("Book", { __tablename__ = "fs_books", id = am.Column(am.Integer, { primary_key = true }),
        author_id = am.Column(am.ForeignKey("fs_authors.id")) })
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session:add(Author { id = 1, books = { Book { id = 7 } } })
      session:commit()
      local id, book = Author.__table__.c.id, Book.__table__.c
      local both = "SELECT a.id, b.id, b.author_id FROM fs_authors a LEFT JOIN fs_books b ON a.id = b.author_id"
      for i, case in ipairs {
        { am.select(id), true }, { am.text("SELECT id FROM fs_authors"):columns(Author.id), true },
        { am.text(both):columns(Author.id, Book.id, Book.author_id), false },
        { am.select(id, book.id, book.author_id):outerjoin(Book.__table__, id:eq(book.author_id)), false },
      } do
        session:expunge_all()
        local found = session:scalars(am.select(Author):options(am.contains_eager(Author.books))
          :from_statement(case[1])):unique():one()
        assert.equal(case[2], am.inspect(found).unloaded:contains("books"), i)
        assert.equal(7, found.books[1].id, i)
      end
      session:close()
      Base.metadata:drop_all(engine)
    end)

    it("of a UNION of entities is told as a statement of the ORM", function()
      local seen = {}
      am.event.listen(session, "do_orm_execute", function(state)
        seen[#seen + 1] = { state.is_orm_statement, state.is_select, #state.all_mappers }
      end)
      session:execute(am.union(am.select(User.id), am.select(User.id))):all()
      session:execute(am.select(User.__table__.c.id)):all()
      assert.same({ { true, true, 0 }, { false, true, 0 } }, seen)
    end)

    it("tells do_orm_execute once, and of what kind the other statement is", function()
      local seen = {}
      am.event.listen(session, "do_orm_execute", function(state)
        seen[#seen + 1] = { state.is_select, state.is_update, state.is_from_statement }
      end)
      local stmt = am.update(User):where(User.id:eq(1)):values { name = "eve" }:returning(User)
      assert.equal("eve", session:scalars(am.select(User):from_statement(stmt)):one().name)
      session:scalars(am.select(User):from_statement(am.select(User))):all()
      session:scalars(am.select(User):from_statement(am.text "SELECT * FROM fs_users")):all()
      assert.same({ { false, true, true }, { true, false, true }, { false, false, true } }, seen)
    end)

    it("leaves unloaded what the text does not have, and loads it later", function()
      local ann = session:scalars(am.select(User):from_statement(am.text "SELECT id FROM fs_users WHERE id = 1")):one()
      assert.equal("ann", ann.name)
    end)

    it("names the primary key that is missing", function()
      local ok, e = pcall(session.scalars, session, am.select(User):from_statement(am.text "SELECT nm FROM fs_users"))
      assert.is_false(ok)
      assert.equal("NoSuchColumnError", e.name)
      assert.match("fs_users.id", e.message, 1, true)
      assert.equal(2, session:scalar(am.select(am.func.count(User.id)))) -- the connection is in order
    end)

    it("finds by name what a SELECT has under the name of a column, whatever it is made of", function()
      local light = am.select(am.column "nm", am.column "id"):select_from(am.table "fs_users"):order_by(am.text "id")
      assert.equal("ann", session:scalars(am.select(User):from_statement(light)):first().name)
      session:expunge_all()
      local shouted = am.select(User.id, am.func.upper(User.name):label "nm"):where(User.id:eq(2))
      local bob = session:scalars(am.select(User):from_statement(shouted)):one()
      assert.equal("BOB", bob.name)
      assert.is_true(am.inspect(bob).unloaded:contains("data"))
      session:expunge_all()
      local made = am.select(am.literal(7):label "id", am.literal("eve"):label "nm")
      local eve = session:scalars(am.select(User):from_statement(made)):one()
      assert.same({ 7, "eve" }, { eve.id, eve.name })
    end)

    it("reads as many rows at once as yield_per says", function()
      local text = am.text "SELECT id, nm FROM fs_users ORDER BY id"
      for _, inner in ipairs { text, am.select(User):order_by(User.id) } do
        session:expunge_all()
        local stmt = am.select(User):from_statement(inner):execution_options { yield_per = 1 }
        local result = session:scalars(stmt)
        local first = result:fetchone()
        assert.same({ "ann", 1 }, { first.name, #session.identity_map })
        assert.equal("bob", result:fetchone().name)
        assert.is_nil(result:fetchone())
        assert.equal(2, #session:query(User):yield_per(1):from_statement(inner):all())
        raises_exc("InvalidRequestError", function() session:scalars(stmt):unique():all() end)
      end
    end)

    it("takes the rows of SELECTs and compounds", function()
      local wanted = am.select(User):where(User.id:eq(2))
      assert.equal("bob", session:scalars(am.select(User):from_statement(wanted)):one().name)
      local twice = am.union_all(am.select(User), am.select(User))
      assert.equal(4, #session:scalars(am.select(User):from_statement(twice)):all())
      local row = session:execute(am.select(User.name, User.id)
        :from_statement(am.text "SELECT id, nm FROM fs_users ORDER BY id")):first()
      assert.same({ "ann", 1 }, { row.name, row.id })
    end)

    it("wants the discriminator of a class with subclasses, once the statement has been executed", function()
      local Base = am.declarative_base()
      local Animal = Base:model("Animal", { __tablename__ = "fs_animals", id = am.Column(am.Integer,
        { primary_key = true }), kind = am.Column(am.String(9)),
        __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "animal" } })
      local Cow = Base:model("Cow", { __extends__ = Animal, __mapper_args__ = { polymorphic_identity = "cow" } })
      Base.metadata:create_all(engine)
      for _, class in ipairs { Animal, Cow } do
        for _, text in ipairs { am.text "SELECT 1 AS id", am.text("SELECT 1 AS id"):columns(Animal.id) } do
          local e = raises_exc("NoSuchColumnError", function()
            session:scalars(am.select(class):from_statement(text)):all()
          end)
          assert.matches("'fs_animals.kind'", e.message)
        end
      end
      assert.equal(0, #session:scalars(am.select(Animal)):all()) -- the connection is as good as before
    end)

    it("refuses clauses that come after from_statement(), and drops those before it", function()
      local stmt = am.select(User):where(User.id:eq(99)):limit(1):from_statement(am.text "SELECT 1 AS id")
      assert.equal(1, #session:scalars(stmt):all())
      for _, late in ipairs { stmt:where(User.id:eq(1)), stmt:order_by(User.id), stmt:limit(1), stmt:join(User) } do
        local e = raises_exc("InvalidRequestError", function() session:scalars(late):all() end)
        assert.matches("with from_statement%(%) takes its rows", e.message)
      end
    end)

    it("returns the objects that an INSERT made", function()
      local insert = am.insert(User):returning(User)
      local made = session:scalars(insert, { { id = 7, name = "x" }, { id = 8, name = "y" } }):all()
      assert.same({ "x", "y" }, { made[1].name, made[2].name })
      assert.equal(made[1], session:get(User, 7))
      local row = session:execute(am.insert(User):values { id = 9, name = "z" }:returning(User.id, User)):one()
      assert.equal(9, row[1])
      assert.equal("z", row[2].name)
    end)

    it("returns the objects of UPDATE and DELETE", function()
      local ann, bob = session:get(User, 1), session:get(User, 2)
      local update = am.update(User):where(User.id:eq(1)):values { name = "anna" }
      local changed = session:scalars(update:returning(User)):all()
      assert.equal(ann, changed[1])
      assert.equal("anna", ann.name)
      local gone = session:scalars(am.delete(User):where(User.id:eq(2)):returning(User)):all()
      assert.is_true(am.inspect(bob).deleted)
      assert.are_not.equal(bob, gone[1])
      assert.equal("bob", gone[1].name)
    end)

    it("wants unique() of a class with joined collections, though nothing is joined, but not of a Query", function()
      local Owner = User.__base:model("Owner", { __tablename__ = "fs_owners",
        id = am.Column(am.Integer, { primary_key = true }), pets = am.relationship("Pet", { lazy = "joined" }) })
      User.__base:model("Pet", { __tablename__ = "fs_pets", id = am.Column(am.Integer, { primary_key = true }),
        owner_id = am.Column(am.ForeignKey "fs_owners.id") })
      User.__base.metadata:create_all(engine)
      session:add(Owner { id = 1000 })
      session:commit()
      local text = am.text "SELECT id FROM fs_owners"
      for _, statement in ipairs { am.select(Owner):from_statement(text), am.insert(Owner):returning(Owner) } do
        local e = raises_exc("InvalidRequestError", function() session:scalars(statement):all() end)
        assert.matches("^The unique%(%) method must be invoked", e.message)
        session:rollback()
        session:scalars(statement):unique():all()
        session:rollback()
      end
      assert.equal(1, #session:query(Owner):from_statement(text):all())
    end)

    it("shows the text", function()
      assert.equal("INSERT INTO fs_users (nm) VALUES (:nm) RETURNING fs_users.id, fs_users.nm, fs_users.data",
        tostring(am.insert(User):values { name = "q" }:returning(User)))
      assert.equal("SELECT 1", tostring(am.select(User):from_statement(am.text "SELECT 1")))
    end)
  end)
end)
