-- insert(), update() and delete() of mapped classes executed by a session: names, synchronization, bulk forms.
local am = require "alchemoon"
local backends = require "support.backends"
local raises_exc = require("support.init").raises_exc

backends.each(function(backend)
  describe("ORM statements on " .. backend.name, function()
    local Base, User, engine, session
    before_each(function()
      Base = am.declarative_base()
      User = Base:model("User", {
        __tablename__ = "od_users",
        id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column("user_name", am.String(30)),
        age = am.Column(am.Integer),
      })
      engine = am.create_engine(backend.url)
      session = am.Session(engine)
      Base.metadata:drop_all(session:connection())
      Base.metadata:create_all(session:connection())
      session:add_all { User { name = "ann", age = 20 }, User { name = "bob", age = 40 }, User { name = "cat" } }
      session:flush()
    end)
    after_each(function()
      session:rollback()
      session:close()
      engine:dispose()
    end)
    local function named(name) return session:scalars(am.select(User):where(User.name:eq(name))):one() end

    it("are limited by with_loader_criteria", function()
      local limit = am.with_loader_criteria(User, User.age:eq(20))
      local ann, bob = named "ann", named "bob"
      assert.are.equal(1, session:execute(am.update(User):values { age = 21 }:options(limit)).rowcount)
      assert.are.same({ 21, 40 }, { ann.age, bob.age })
      assert.are.equal(0, session:execute(am.delete(User):options(limit)).rowcount)
    end)

    describe("with a list of rows", function()
      local unsynchronized = { synchronize_session = false }
      local function rows()
        session:expire_all()
        local out = {}
        for i, user in ipairs(session:scalars(am.select(User):order_by(User.id)):all()) do
          out[i] = ("%s %s"):format(user.name, user.age)
        end
        return out
      end
      local function ids() return { named("ann").id, named("bob").id, named("cat").id } end

      it("update only the rows of these keys, whatever else they say", function()
        local id = ids()
        session:execute(am.update(User):where(User.age:gt(30)),
          { { id = id[1], name = "x" }, { id = id[2], name = "y" } }, unsynchronized)
        assert.same({ "ann 20", "y 40", "cat nil" }, rows())
        session:execute(am.update(User):where(User.age:gt(am.bindparam "least")),
          { { id = id[1], name = "a", least = 19 }, { id = id[2], name = "b", least = 41 } }, unsynchronized)
        assert.same({ "a 20", "y 40", "cat nil" }, rows())
        local result = session:execute(am.update(User):values { age = User.age + 1 },
          { { id = id[1], name = "ann" }, { id = id[2], name = "bob" } })
        assert.equal(2, result.rowcount)
        assert.same({ "ann 21", "bob 41", "cat nil" }, rows())
      end)

      it("want the keys, unless they are to be executed for each set of parameters", function()
        local id = ids()
        local update = am.update(User):where(User.id:eq(am.bindparam "which")):values { name = am.bindparam "new" }
        local sets = { { which = id[1], new = "x" }, { which = id[3], new = "z" } }
        raises_exc("InvalidRequestError", function() session:execute(update, sets, unsynchronized) end,
          "No primary key value supplied for column.s. od_users.id; per.row ORM Bulk UPDATE")
        session:execute(update, sets, { dml_strategy = "core_only" })
        assert.same({ "x 20", "bob 40", "z nil" }, rows())
        session:execute(am.update(User):where(User.id:eq(am.bindparam "which")), { which = id[1], name = "ann" })
        assert.same({ "ann 20", "bob 40", "z nil" }, rows())
        raises_exc("ArgumentError", function() session:execute(update, sets, { dml_strategy = "any" }) end,
          "Valid strategies for ORM UPDATE strategy are 'orm', 'auto', 'bulk', 'core_only'; got 'any'")
        raises_exc("InvalidRequestError", function() session:execute(update, nil, { dml_strategy = "bulk" }) end,
          'Can.t use "bulk" ORM UPDATE strategy')
      end)
    end)

    it("evaluate what an INSERT left out as NULL", function()
      local cat, dan = named "cat", User { name = "dan" }
      session:add(dan)
      session:flush()
      session:execute(am.delete(User):where(am.or_(User.age:is_(am.null), User.name:eq "x")), nil,
        { synchronize_session = "evaluate" })
      assert.is_false(session:contains(dan) or session:contains(cat))
      assert.is_true(session:contains(named "ann"))
    end)

    it("ask for the keys first where RETURNING cannot bring them", function()
      local Quiet = Base:model("Quiet", { __tablename__ = "od_quiet",
        __table_args__ = { { implicit_returning = false } },
        id = am.Column(am.Integer, { primary_key = true }), n = am.Column(am.Integer) })
      Base.metadata:create_all(session:connection())
      local one, two = Quiet { id = 1, n = 1 }, Quiet { id = 2, n = 2 }
      session:add_all { one, two }
      session:flush()
      local texts = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, sql) texts[#texts + 1] = sql:match "%u+" end)
      local fetch = { synchronize_session = "fetch" }
      session:execute(am.update(Quiet):where(am.text "n > :least"):values { n = 9 }, { least = 1 }, fetch)
      assert.same({ "SELECT", "UPDATE" }, texts)
      assert.same({ 1, 9 }, { one.n, two.n })
      local ann = named "ann"
      local row = session:execute(am.update(User):where(User.name:eq "ann"):values { age = 1 }
        :returning(am.literal_column "*"), nil, fetch):one()
      assert.same({ "ann", 1, 1 }, { row.user_name, row.age, ann.age })
      session:execute(am.update(User):where(User.name:eq "ann"):values { age = 2 }:return_defaults(), nil, fetch)
      assert.equal(2, ann.age)
    end)

    it("take \"*\" in RETURNING only alone", function()
      for _, stmt in ipairs { am.insert(User):values { name = "x" }, am.delete(User),
        am.update(User):values { name = "x" } } do
        for _, star in ipairs { "*", am.text "*", am.literal_column "*" } do
          for _, listed in ipairs { stmt:returning(star, User.id), stmt:returning(User, star) } do
            local ok, e = pcall(session.execute, session, listed)
            assert.is_false(ok)
            assert.equal("CompileError", e.name)
            assert.matches("multiple expressions at the same time as '*'", e.message, 1, true)
          end
        end
      end
    end)

    it("hand their options on to what loader options of RETURNING load", function()
      local Pet = Base:model("Pet", { __tablename__ = "od_pets", id = am.Column(am.Integer, { primary_key = true }),
        owner_id = am.Column(am.ForeignKey "od_users.id"), owner = am.relationship(User) })
      Base.metadata:create_all(session:connection())
      session:add(Pet { owner = named "ann" })
      session:flush()
      session:expunge_all()
      local seen = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, _, _, context)
        seen[#seen + 1] = context.execution_options.who
      end)
      local update = am.update(Pet):values { id = 7 }:returning(Pet):options(am.selectinload(Pet.owner))
      local pet = session:scalars(update, nil, { who = "me", synchronize_session = false }):one()
      assert.equal("ann", pet.owner.name)
      assert.same({ "me", "me" }, seen)
    end)

    it("of a Query take synchronize_session by itself, tables, and values in order", function()
      local ann, bob = named "ann", named "bob"
      assert.equal(1, session:query(User):filter(User.name:eq "ann"):update({ age = 5 }, "evaluate"))
      assert.equal(5, ann.age)
      assert.equal(1, session:query(User):filter(User.name:eq "bob"):delete "fetch")
      assert.is_false(session:contains(bob))
      local texts = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, sql)
        texts[#texts + 1] = sql:match "SET (.-) WHERE"
      end)
      session:query(User):filter(User.id:eq(ann.id)):update({ { "name", "x" }, { "age", 6 } },
        { update_args = { preserve_parameter_order = true } })
      assert.matches("^user_name=.*age=", texts[1])
      assert.equal(2, session:query(User.__table__):update({ age = 7 }, false))
      assert.equal(2, session:query(User.__table__):delete { synchronize_session = false })
    end)

    it("of a Query leave objects alone where synchronize_session is am.null, and need a table", function()
      local ann = named "ann"
      local query = session:query(User):filter(User.name:eq "ann")
      local age = ann.age
      assert.equal(1, query:update({ age = age + 5 }, { synchronize_session = am.null }))
      assert.equal(age, ann.age)
      assert.equal(1, query:delete { synchronize_session = am.null })
      assert.is_true(session:contains(ann))
      local ok, e = pcall(function() return session:query(User.name:eq "ann"):update { age = 6 } end)
      assert.is_false(ok)
      assert.equal("ArgumentError: Query.update() needs a mapped class or a table", e.name .. ": " .. e.message)
    end)

    it("insert rows of a class with several tables, and return objects and columns of all of them", function()
      local Boss = Base:model("Boss", { __extends__ = User, __tablename__ = "od_bosses",
        id = am.Column(am.ForeignKey "od_users.id", { primary_key = true }), title = am.Column(am.String(30)),
        rank = am.Column(am.Integer, { server_default = "7" }) })
      Base.metadata:create_all(session:connection())
      local rows = { { name = "dan", title = "chief" }, { name = "eve", title = "head" } }
      local bosses = session:scalars(am.insert(Boss):returning(Boss), rows):all()
      assert.same({ "dan", "chief", 7, "eve", "head", 7 }, { bosses[1].name, bosses[1].title, bosses[1].rank,
        bosses[2].name, bosses[2].title, bosses[2].rank })
      assert.equal(bosses[1], session:get(Boss, bosses[1].id))
      local row = session:execute(am.insert(Boss):returning(Boss.title, User.name, Boss.rank),
        { name = "flo", title = "sub", rank = 2 }):one()
      assert.same({ "sub", "flo", 2 }, { row:unpack() })
      assert.same({ name = "dan", title = "chief" }, rows[1])
    end)

    it("of a class with several tables bring back the keys of the one that they write", function()
      local Boss = Base:model("Boss", { __extends__ = User, __tablename__ = "od_bosses",
        id = am.Column(am.ForeignKey "od_users.id", { primary_key = true }), title = am.Column(am.String(30)) })
      Base.metadata:create_all(session:connection())
      local dan = Boss { name = "dan", title = "chief" }
      session:add(dan)
      session:flush()
      session:execute(am.update(Boss):where(Boss.id:eq(am.select(User.id):where(User.name:eq "dan"):scalar_subquery()))
        :values { title = "head" })
      assert.equal("head", dan.title)
    end)

    it("know what defaults and SQL expressions did to objects", function()
      local C = Base:model("C", { __tablename__ = "od_counters", id = am.Column(am.Integer, { primary_key = true }),
        name = am.Column(am.String(9), { default = "none" }), n = am.Column(am.Integer),
        seen = am.Column(am.Integer, { onupdate = 99 }), kind = am.Column(am.String(9), { server_default = "plain" }) })
      Base.metadata:drop_all(session:connection())
      Base.metadata:create_all(session:connection())
      local texts = {}
      am.event.listen(engine, "before_cursor_execute", function(_, _, sql) texts[#texts + 1] = sql end)
      local c = C { n = am.select(am.literal(4)):scalar_subquery() }
      session:add(c)
      session:flush()
      assert.matches("RETURNING %S*id, %S*kind$", texts[1]) -- what the program gave is not asked for, but loaded again
      assert.same({ 4, "none", "plain" }, { c.n, c.name, c.kind })
      assert.equal(2, #texts)
      session:execute(am.update(C):where(C.id:eq(c.id)):values { n = 5 })
      assert.same({ 5, 99 }, { c.n, c.seen })
      assert.equal(3, #texts)
      session:execute(am.insert(C):execution_options { render_nulls = true }, { { name = am.null }, { name = "x" } })
      assert.equal(4, #texts)
      assert.same({ "none", am.null, "x" }, session:scalars(am.select(C.name):order_by(C.id)):all())
      session:bulk_save_objects({ C { n = 1 } }, { return_defaults = true })
      assert.matches("RETURNING %S*id, %S*kind$", texts[#texts])
    end)

    it("update objects in the session", function()
      local ann, bob = named "ann", named "bob"
      local result = session:execute(am.update(User):where(User.age:ge(30)):values { age = User.age + 1 })
      assert.are.equal(1, result.rowcount)
      assert.are.equal(20, ann.age)
      assert.are.equal(41, bob.age)
      assert.is_false(session:is_modified(bob))
      session:execute(am.update(User):where(User.name:eq("ann")):values { name = am.func.upper(User.name) })
      assert.are.equal("ANN", ann.name)
    end)

    it("fetch what cannot be evaluated, and refuse if told to evaluate", function()
      local ann = named "ann"
      local stmt = am.update(User):where(am.func.lower(User.name):eq("ann")):values { age = 1 }
      session:execute(stmt)
      assert.are.equal(1, ann.age)
      raises_exc("InvalidRequestError", function()
        session:execute(stmt, nil, { execution_options = nil, synchronize_session = "evaluate" })
      end, "Could not evaluate current criteria")
      raises_exc("ArgumentError", function()
        session:execute(stmt:execution_options { synchronize_session = "sometimes" })
      end, "Valid strategies for session synchronization")
    end)

    it("evaluate beginnings, ends and rows of columns, but no sums of three", function()
      local ann, bob = named "ann", named "bob"
      local function evaluate(condition, values)
        session:execute(am.update(User):where(condition):values(values), nil, { synchronize_session = "evaluate" })
      end
      evaluate(User.name:startswith "an", { age = 1 })
      evaluate(User.name:endswith "ob", { age = 2 })
      assert.same({ 1, 2 }, { ann.age, bob.age })
      evaluate(am.tuple_(User.name, User.age):in_ { { "ann", 1 }, { "bob", 9 } }, { age = 3 })
      evaluate(am.tuple_(User.name, User.age):eq { "bob", 2 }, { age = 4 })
      assert.same({ 3, 4 }, { ann.age, bob.age })
      raises_exc("InvalidRequestError", function() evaluate((User.age + 1 + 2):eq(6), { age = 5 }) end,
        "Cannot evaluate clauselist with operator add")
      evaluate(User.name:eq "ann", { age = User.age + 1 + 1 })
      assert.is_true(am.inspect(ann).unloaded:contains "age")
      assert.equal(5, ann.age)
    end)

    it("evaluate IN by the value of dates and decimals, alone and in rows", function()
      local Bill = Base:model("Bill", { __tablename__ = "od_bills", id = am.Column(am.Integer, { primary_key = true }),
        day = am.Column(am.Date), amount = am.Column(am.Numeric(8, 2)), paid = am.Column(am.Integer) })
      Base.metadata:drop_all(session:connection())
      Base.metadata:create_all(session:connection())
      local bill = Bill { day = am.date(2024, 5, 6), amount = am.decimal "1.50", paid = 0 }
      session:add(bill)
      session:flush()
      local function pay(condition, paid)
        session:execute(am.update(Bill):where(condition):values { paid = paid }, nil,
          { synchronize_session = "evaluate" })
        return bill.paid
      end
      assert.equal(1, pay(Bill.day:in_ { am.date(2024, 5, 5), am.date(2024, 5, 6) }, 1))
      assert.equal(2, pay(Bill.amount:in_ { am.decimal "1.5" }, 2))
      assert.equal(3, pay(am.tuple_(Bill.day, Bill.amount):in_ { { am.date(2024, 5, 6), am.decimal "1.5" } }, 3))
      assert.equal(3, pay(am.tuple_(Bill.day, Bill.id):not_in { { am.date(2024, 5, 6), bill.id } }, 4))
    end)

    it("evaluate numbers for decimals, and texts for decimals and dates", function()
      local Note = Base:model("Note", { __tablename__ = "od_notes", id = am.Column(am.Integer, { primary_key = true }),
        day = am.Column(am.Date), at = am.Column(am.DateTime), amount = am.Column(am.Numeric(8, 2)),
        rate = am.Column(am.Float), paid = am.Column(am.Integer) })
      Base.metadata:drop_all(session:connection())
      Base.metadata:create_all(session:connection())
      local note = Note { day = am.date(2024, 5, 6), at = am.datetime(2024, 5, 6, 7, 8), amount = am.decimal "10.00",
        rate = 0.5, paid = 0 }
      session:add(note)
      session:flush()
      session:refresh(note)
      for i, condition in ipairs { Note.amount:eq(10), Note.amount:gt(9), Note.amount:lt(10.5),
        Note.amount:in_ { 9, 10 }, am.not_(Note.amount:ne(10)), (Note.amount * 2):eq(20), (Note.amount + 0.5):gt(10),
        Note.rate:lt(am.decimal "0.75"), Note.day:eq "2024-05-06", Note.day:lt "2024-05-07",
        Note.at:gt "2024-05-06 07:00", Note.day:in_ { "2024-05-06" },
        am.tuple_(Note.amount, Note.day):in_ { { 10, "2024-05-06" } } } do
        session:execute(am.update(Note):where(condition):values { paid = i }, nil, { synchronize_session = "evaluate" })
        assert.equal(i, note.paid)
      end
      local other = am.update(Note):where(Note.at:gt(am.date(2024, 5, 1)))
      raises_exc("InvalidRequestError", function()
        session:execute(other:values { paid = 0 }, nil, { synchronize_session = "evaluate" })
      end, "Cannot compare 2024%-05%-06 07:08:00 with 2024%-05%-01")
      session:execute(other:values { paid = 100 }) -- then it asks the database
      assert.equal(100, note.paid)
    end)

    it("tell listeners whose keys a fetch asks for, and of a bundle the first class", function()
      local told = {}
      am.event.listen(session, "do_orm_execute", function(state)
        local names = {}
        for i, mapper in ipairs(state.all_mappers) do names[i] = mapper.class_name end
        told[#told + 1] = (state.is_select and "select " or "write ") .. table.concat(names, " ")
      end)
      session:execute(am.update(User):where(User.age:gt(0)):values { age = 5 }, nil, { synchronize_session = "fetch" })
      local other = am.aliased(Base:model("Badge", { __tablename__ = "od_badges",
        id = am.Column(am.Integer, { primary_key = true }) }))
      Base.metadata:drop_all(session:connection())
      Base.metadata:create_all(session:connection())
      session:execute(am.select(am.Bundle("both", User.name, other.id)):join(other, other.id:eq(User.id)))
      assert.same({ "write User", "select User", "select User" }, told)
    end)

    it("leave objects alone if asked", function()
      local ann = named "ann"
      session:execute(am.update(User):values { age = 5 }:execution_options { synchronize_session = false })
      assert.are.equal(20, ann.age)
      session:expire(ann)
      assert.are.equal(5, ann.age)
    end)

    it("delete objects from the session", function()
      local ann, bob, cat = named "ann", named "bob", named "cat"
      local result = session:execute(am.delete(User):where(User.age:gt(10)))
      assert.are.equal(2, result.rowcount)
      assert.is_true(am.inspect(ann).deleted)
      assert.is_true(am.inspect(bob).deleted)
      assert.is_true(am.inspect(cat).persistent)
      assert.are.equal(1, session:scalar(am.select(am.func.count()):select_from(User)))
    end)

    it("insert and update many rows by the names of attributes", function()
      session:execute(am.insert(User), { { name = "dan", age = 1 }, { name = "eve", age = 2 } })
      local dan = named "dan"
      assert.are.equal(1, dan.age)
      session:execute(am.update(User), { { id = dan.id, name = "DAN" }, { id = named("eve").id, name = "EVE" } })
      assert.are.equal("DAN", dan.name)
      assert.are.equal(2, named("EVE").age)
      session:execute(am.insert(User):values { name = "fay" })
      assert.is_nil(named("fay").age)
      raises_exc("InvalidRequestError", function() session:execute(am.update(User), { { name = "x" } }) end,
        "No primary key value supplied")
    end)

    it("with synchronize_session = \"fetch\" bring the keys back themselves", function()
      local log = require("support.executed").record(session.bind)
      local all = session:scalars(am.select(User):order_by(User.id)):all()
      log:take()
      local result = session:execute(am.update(User):values { age = 9 }, nil, { synchronize_session = "fetch" })
      assert.are.same({ "UPDATE od_users SET age=? RETURNING id [9]" }, log:take())
      assert.are.equal(3, result.rowcount)
      assert.is_false(result.returns_rows)
      assert.are.equal(9, all[1].age)
      session:execute(am.delete(User):where(User.id:eq(all[1].id)), nil, { synchronize_session = "fetch" })
      assert.is_true(am.inspect(all[1]).deleted)
      assert.are.equal(1, #log:take())
    end)

    it("with synchronize_session = \"fetch\" return the keys before what was to be returned", function()
      local log = require("support.executed").record(session.bind)
      local ann = named "ann"
      log:take()
      local result = session:execute(am.update(User):where(User.name:eq("ann")):values { age = am.func.length("abc") }
        :returning(User.age, User.id), nil, { synchronize_session = "fetch" })
      assert.are.same({ "UPDATE od_users SET age=length(?) WHERE od_users.user_name = ? RETURNING id, age [abc, ann]" },
        log:take())
      assert.are.same({ "age", "id" }, result:keys())
      assert.are.same({ 3, ann.id }, { result:one():unpack() })
      assert.are.equal(3, ann.age)
      assert.are.equal(3, session:scalar(am.delete(User):where(User.name:eq("ann")):returning(User.age), nil,
        { synchronize_session = "fetch" }))
      assert.is_true(am.inspect(ann).deleted)
    end)

    it("insert given rows and return the key that the database makes before what is asked for", function()
      local log = require("support.executed").record(session.bind)
      session:flush()
      log:take()
      local result = session:execute(am.insert(User):returning(User.age), { name = "dan", age = 4 })
      assert.are.same({ "age" }, result:keys())
      assert.are.equal(4, result:scalar())
      session:execute(am.insert(User):values { name = "eve" }:returning(User.age)):close()
      local sent = log:take()
      assert.matches("RETURNING id, age", sent[1])
      assert.matches("RETURNING age", sent[2])
    end)

    it("insert rows that give different columns by several statements", function()
      local got = session:scalars(am.insert(User):returning(User), { { name = "x", age = 1 }, { name = "y" },
        { name = "z", age = am.null } }):all()
      assert.are.equal("x y z", got[1].name .. " " .. got[2].name .. " " .. got[3].name)
      assert.is_nil(got[2].age)
      local unlike = { { name = "q" }, { name = "r", age = 2 } }
      local rows = session:execute(am.insert(User):returning(User.name), unlike):all()
      assert.are.equal("q r", rows[1].name .. " " .. rows[2].name)
      session:execute(am.insert(User), { { name = "s", age = 1 }, { name = "t" } })
      assert.are.equal(1, named("s").age)
      assert.is_nil(named("t").age)
    end)

    it("insert rows of a class of several with its discriminator, whatever else values() says", function()
      User = Base:model("Kind", { __tablename__ = "od_kinds", id = am.Column(am.Integer, { primary_key = true }),
        kind = am.Column(am.String(5)), name = am.Column(am.String(9)), n = am.Column(am.Integer, { default = 5 }),
        __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "k" } })
      Base.metadata:create_all(session:connection())
      session:execute(am.insert(User):values { name = "x" }, { { n = 1 }, { n = 2 } })
      session:execute(am.insert(User), { name = "y", n = am.null })
      local function rows() return session:execute(am.select(User.kind, User.name, User.n):order_by(User.id)):all() end
      local seen = {}
      for i, row in ipairs(rows()) do seen[i] = table.concat({ row.kind, row.name, row.n }, " ") end
      assert.same({ "k x 1", "k x 2", "k y 5" }, seen)
    end)

    it("insert as dml_strategy says", function()
      local insert = am.insert(User)
      session:execute(insert:execution_options { dml_strategy = "raw" }, { { user_name = "raw" } })
      session:execute(insert, { { user_name = "unknown key" } })
      assert.equal(1, session:scalar(am.select(am.func.count()):where(User.name:eq "raw")))
      raises_exc("InvalidRequestError", function()
        session:execute(insert:values { name = "x" }:execution_options { dml_strategy = "bulk" })
      end, "Can't use \"bulk\" ORM insert strategy without passing separate parameters")
      raises_exc("ArgumentError", function() session:execute(insert:execution_options { dml_strategy = "fast" }) end,
        "Valid strategies for ORM insert strategy are")
    end)

    it("return the key that the database makes also beside a mere function", function()
      local log = require("support.executed").record(engine)
      local row = session:execute(am.insert(User):returning(am.func.lower(User.name)), { { name = "NEW" } }):one()
      assert.same({ "new" }, { row:unpack() })
      assert.equal("new", row.lower)
      assert.matches("RETURNING .*id, lower", log:take()[1])
    end)

    it("for many parameter sets say what cannot be done", function()
      local sets = { { id = 1, name = "x" }, { id = 2, name = "y" } }
      raises_exc("InvalidRequestError", function() session:execute(am.delete(User), sets) end,
        "Bulk ORM DELETE not supported right now")
      raises_exc("InvalidRequestError", function()
        session:execute(am.update(User), sets, { synchronize_session = "fetch" })
      end, "The 'fetch' synchronization strategy is not available for 'bulk' ORM updates")
      raises_exc("InvalidRequestError", function()
        session:execute(am.update(User):where(User.age:gt(0)), sets, { synchronize_session = "evaluate" })
      end, "update%(User%) with rows and criteria of its own .* synchronize_session = false")
      local ann = named "ann"
      session:execute(am.update(User), { { id = ann.id, name = "x" } }, { synchronize_session = am.null })
      assert.equal("ann", ann.name)
    end)

    it("whose keys are fetched tell listeners of the SELECT that others would send", function()
      local seen = {}
      am.event.listen(session, "do_orm_execute", function(state)
        seen[#seen + 1] = state.is_select and tostring(state.statement) or state.is_update and "UPDATE" or "DELETE"
      end)
      session:execute(am.update(User):where(am.func.length(User.name):eq(9)):values { age = 1 })
      session:execute(am.delete(User):where(User.age:eq(-1)), nil, { synchronize_session = "fetch" })
      session:execute(am.update(User):where(User.age:eq(-1)):values { age = 1 })
      for i, text in ipairs(seen) do seen[i] = text:gsub("%s+", " ") end
      assert.same({ "UPDATE", "SELECT od_users.id FROM od_users WHERE length(od_users.user_name) = :length_1",
        "DELETE", "SELECT od_users.id FROM od_users WHERE od_users.age = :age_1", "UPDATE" }, seen)
    end)

    it("leave what onupdate made to the load of an expired object", function()
      local Note = Base:model("Note", { __tablename__ = "od_notes", id = am.Column(am.Integer, { primary_key = true }),
        title = am.Column(am.String(9)), seen = am.Column(am.Integer, { onupdate = 42 }) })
      Base.metadata:create_all(session:connection())
      local note = Note { title = "a" }
      session:add(note)
      session:flush()
      session:expire(note)
      local log = require("support.executed").record(engine)
      session:execute(am.update(Note):values { title = "b" }, nil, { synchronize_session = "fetch" })
      assert.equal("b", note.title)
      assert.matches("SELECT .*seen AS od_notes_seen FROM", log:take()[2])
    end)

    it("update one row by its key with RETURNING, and refuse to for many", function()
      local ann, bob = named "ann", named "bob"
      local stmt = am.update(User):returning(User.name, User.age)
      local row = session:execute(stmt, { { id = ann.id, age = 77 } }):one()
      assert.are.same({ "ann", 77, 77 }, { row[1], row[2], ann.age })
      raises_exc("StatementError", function()
        session:execute(stmt, { { id = ann.id, age = 1 }, { id = bob.id, age = 2 } })
      end, "does not support UPDATE..RETURNING when executemany is used")
      raises_exc("InvalidRequestError", function() session:execute(stmt, { { age = 1 } }) end,
        "No primary key value supplied")
    end)

    it("leave an expired object alone: it looks at its row anyway", function()
      local ann = named "ann"
      session:expire(ann)
      session.autoflush = false
      ann.name = "changed"
      session:execute(am.update(User):where(User.name:eq("ann")):values { name = "bulk" })
      assert.are.equal("changed", ann.name)
      assert.is_true(session.dirty:contains(ann))
    end)

    it("leaves an object whose change it overwrote among the dirty ones, without anything to write", function()
      local ann = session:scalars(am.select(User):where(User.name:eq("ann"))):one()
      session.autoflush = false
      ann.age = 50
      session:execute(am.update(User):values { age = 7 }, nil, { synchronize_session = "evaluate" })
      assert.is_true(session.dirty:contains(ann))
      assert.is_false(session:is_modified(ann))
      assert.equal(7, ann.age)
      session:flush()
      assert.is_false(session.dirty:contains(ann))
      assert.equal(7, ann.age)
    end)

    it("that return entities may be given to from_statement()", function()
      local stmt = am.update(User):where(User.name:eq("ann")):values { age = 5 }:returning(User)
      local got = session:scalars(am.select(User):from_statement(stmt), nil, { populate_existing = true }):one()
      assert.are.same({ "ann", 5 }, { got.name, got.age })
      stmt = am.insert(User):values { name = "new" }:returning(User)
      assert.are.equal("new", session:scalars(am.select(User):from_statement(stmt)):one().name)
    end)

    it("that cannot be evaluated are refused before a transaction begins", function()
      local other = am.Session(engine)
      local begun = false
      am.event.listen(other, "after_begin", function() begun = true end)
      raises_exc("InvalidRequestError", function()
        other:execute(am.delete(User):where(am.func.lower(User.name):eq("ann")), nil,
          { synchronize_session = "evaluate" })
      end, "Could not evaluate current criteria")
      assert.is_false(begun)
      other:close()
    end)

    it("of an aliased class reach the rows that the criteria name", function()
      local alias, ann, cat = am.aliased(User), named "ann", named "cat"
      assert.are.equal(1, session:execute(am.update(alias):where(alias.name:eq("ann")):values { age = 7 }).rowcount)
      assert.are.equal(1, session:query(alias):filter(alias.name:eq("bob")):update { age = 8 })
      assert.are.equal(1, session:execute(am.delete(alias):where(alias.name:eq("cat"))).rowcount)
      assert.is_true(am.inspect(cat).deleted)
      session:expire_all()
      assert.are.equal(7, ann.age)
      assert.are.same({ "ann", "bob" }, session:scalars(am.select(User.name):order_by(User.age)):all())
      raises_exc("InvalidRequestError", function()
        session:execute(am.delete(alias):where(alias.age:gt(1)), nil, { synchronize_session = "evaluate" })
      end, "No column Anonymous alias of od_users.age is configured on mapper")
    end)

    it("of an aliased class without criteria reach all objects", function()
      local alias, ann, cat = am.aliased(User), named "ann", named "cat"
      session:execute(am.update(alias):values { age = 71 })
      assert.are.same({ 71, 71 }, { ann.age, cat.age })
      assert.are.same({ 73, 73, 73 }, session:scalars(am.update(alias):values { age = 73 }:returning(alias.age)):all())
      assert.are.equal(73, ann.age)
    end)

    it("of one of several classes of a table say so as text, too", function()
      local Pet = Base:model("Pet", { __tablename__ = "od_pets", id = am.Column(am.Integer, { primary_key = true }),
        kind = am.Column(am.String(9)), __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "pet" } })
      local Dog = Base:model("Dog", { __extends__ = Pet, __mapper_args__ = { polymorphic_identity = "dog" } })
      local function text(stmt) return (tostring(stmt):gsub("%s+", " ")) end
      assert.are.equal("UPDATE od_pets SET id=:id WHERE od_pets.kind IN (__[POSTCOMPILE_kind_1])",
        text(am.update(Dog):values { id = 3 }))
      assert.are.equal("DELETE FROM od_pets WHERE od_pets.id > :id_1",
        text(am.delete(Pet):options(am.with_loader_criteria(Pet, Pet.id:gt(5)))))
    end)

    it("that fetch what they synchronize ask for the keys beside what they return", function()
      local texts = {}
      local ann = named "ann"
      am.event.listen(engine, "before_cursor_execute", function(_, _, sql)
        texts[#texts + 1] = sql:match "RETURNING.*"
      end)
      local fetch = { execution_options = { synchronize_session = "fetch" } }
      local result = session:execute(am.update(User):values { age = 7 }:where(User.name:eq "ann")
        :returning(User.name), nil, fetch)
      assert.are.same({ "name" }, result:keys())
      assert.are.same({ "ann" }, result:scalars():all())
      assert.are.equal(7, ann.age)
      assert.matches("RETURNING %S*id, %S*user_name$", texts[1])
      result = session:execute(am.delete(User):where(User.age:eq(7)):returning(am.func.upper(User.name)), nil, fetch)
      assert.are.same({ "ANN" }, result:scalars():all())
      assert.is_true(am.inspect(ann).deleted)
      assert.matches("RETURNING %S*id, upper", texts[2])
    end)

    it("by a Query tell listeners", function()
      local seen = {}
      am.event.listen(session, "after_bulk_update", function(c) seen[#seen + 1] = { "update", c.result.rowcount } end)
      am.event.listen(session, "after_bulk_delete", function(c) seen[#seen + 1] = { "delete", c.result.rowcount } end)
      session:execute(am.update(User):values { age = 2 }) -- do_orm_execute is what sees these
      session:query(User):update { age = 3 }
      session:query(User):delete()
      assert.are.same({ { "update", 3 }, { "delete", 3 } }, seen)
    end)

    it("by a Query are refused where the query has what no UPDATE or DELETE knows", function()
      for _, name in ipairs { "distinct", "order_by", "group_by" } do
        local query = session:query(User)
        query = query[name](query, name ~= "distinct" and User.id or nil)
        raises_exc("InvalidRequestError", function() query:update { age = 3 } end, name .. "%(%) has been called")
        raises_exc("InvalidRequestError", function() query:delete() end, name .. "%(%) has been called")
      end
      raises_exc("ArgumentError", function() session:query(User, User.id):update { age = 3 } end, "of one class")
    end)

    it("by a Query carry the options of dialects", function()
      local texts = {}
      am.event.listen(session, "do_orm_execute", function(state)
        texts[#texts + 1] = state.statement:compile { dialect = "mysql" }.sql:match "LIMIT %d+"
      end)
      session:query(User):update({ age = 3 }, { update_args = { mysql_limit = 2 }, synchronize_session = false })
      session:query(User):delete { delete_args = { mysql_limit = 7 }, synchronize_session = false }
      assert.are.same({ "LIMIT 2", "LIMIT 7" }, texts)
      raises_exc("ArgumentError", function()
        session:query(User):update({ age = 3 }, { update_args = { sqlite_limit = 2 } })
      end, "unknown dialect option 'sqlite_limit'")
    end)
  end)
end)

describe("an UPDATE of a class whose discriminator is an expression", function()
  it("is evaluated over the objects of the class without it", function()
    local Base = am.declarative_base()
    local id, kind = am.Column(am.Integer, { primary_key = true }), am.Column(am.String(5))
    local Staff = Base:model("Staff", { __tablename__ = "staff", id = id, kind = kind, __mapper_args__ = {
      polymorphic_on = am.case({ kind:eq("e"), "engineer" }, { else_ = "staff" }), polymorphic_identity = "staff" } })
    local Engineer = Base:model("Engineer", { __extends__ = Staff, lang = am.Column(am.String(5)),
      __mapper_args__ = { polymorphic_identity = "engineer" } })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local log = require("support.executed").record(engine)
    am.Session(engine, function(session)
      local engineer, staff = Engineer { kind = "e", lang = "lua" }, Staff { kind = "s" }
      session:add_all { engineer, staff }
      session:flush()
      log:take()
      session:execute(am.update(Engineer):values { lang = "c" }, nil, { synchronize_session = "evaluate" })
      assert.equal("c", engineer.lang)
      assert.same({ "UPDATE staff SET lang=? WHERE CASE WHEN (staff.kind = ?) THEN ? ELSE ? END IN (?) "
        .. "[c, e, engineer, staff, engineer]" }, log:take())
    end)
    engine:dispose()
  end)
end)

describe("an UPDATE that sets documents and lists", function()
  it("gives them to the objects that it finds in the session, nothing is loaded again", function()
    local Base = am.declarative_base()
    local Doc = Base:model("Doc", { __tablename__ = "docs", id = am.Column(am.Integer, { primary_key = true }),
      plain = am.Column(am.JSON), map = am.Column(am.MutableDict.as_mutable(am.JSON)),
      list = am.Column(am.MutableList.as_mutable(am.JSON)) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local doc = Doc { plain = { a = 1 }, map = { a = 1 }, list = { 1 } }
      session:add(doc)
      session:flush()
      session:refresh(doc)
      session:execute(am.update(Doc):values { plain = { b = 2 }, map = { b = 2 }, list = { 2, 3 } })
      assert.equal(0, #am.inspect(doc).unloaded)
      assert.same({ 2, 2, 3 }, { doc.plain.b, doc.map.b, doc.list[2] })
      doc.list:append(4)
      doc.map.b = 5
      session:commit()
      assert.same({ 5, 3, 2 }, { doc.map.b, #doc.list, doc.plain.b })
    end)
    engine:dispose()
  end)
end)
