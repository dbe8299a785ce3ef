-- Polymorphic loading: which statements bring the columns and relationships of subclasses.
local am = require "alchemoon"
local backends = require "support.backends"
local executed = require "support.executed"
local raises_exc = require("support.init").raises_exc
local unpack = table.unpack or unpack -- luacheck: ignore 113

backends.each(function(backend)
  describe("polymorphic loading on " .. backend.name, function()
    local Base, engine, session, log, Person, Engineer, Machine

    before_each(function()
      Base = am.declarative_base()
      Person = Base:model("Person", { __tablename__ = "pl_people", id = am.Column(am.Integer, { primary_key = true }),
        kind = am.Column(am.String(10)),
        __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" } })
      Engineer = Base:model("Engineer", { __extends__ = Person, __tablename__ = "pl_engineers",
        id = am.Column(am.ForeignKey "pl_people.id", { primary_key = true }), tool = am.Column(am.String(10)),
        machines = am.relationship("Machine"), __mapper_args__ = { polymorphic_identity = "engineer" } })
      Machine = Base:model("Machine", { __tablename__ = "pl_machines",
        id = am.Column(am.Integer, { primary_key = true }),
        engineer_id = am.Column(am.ForeignKey "pl_engineers.id") })
      engine = am.create_engine(backend.url)
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session = am.Session(engine)
      session:add(Engineer { id = 1, tool = "saw", machines = { Machine { id = 1 } } })
      session:add(Person { id = 2 })
      session:commit()
      session:expunge_all()
      log = executed.record(engine, { params = false })
    end)
    after_each(function()
      session:close()
      Base.metadata:drop_all(engine)
      engine:dispose()
    end)

    it("refuses rows that are no objects of a class without subclasses", function()
      local Boss = Base:model("Boss", { __extends__ = Person, __mapper_args__ = { polymorphic_identity = "boss" } })
      session:add(Boss { id = 3 })
      session:commit()
      local begin = "Row with identity key (<class 'Person'>, (1,), None) can't be loaded into an object; the " ..
        "polymorphic discriminator column 'pl_people.kind' "
      local e = raises_exc("InvalidRequestError", function()
        return session:query(Boss):from_statement(am.select(Person):where(Person.id:ne(2)):order_by(Person.id)):all()
      end)
      assert.equal(begin .. "refers to Mapper[Engineer(pl_engineers)], which is not a sub-mapper of the requested " ..
        "Mapper[Boss(pl_people)]", e.message)
      session:execute(am.update(Person.__table__):where(Person.id:eq(1)):values { kind = am.null })
      e = raises_exc("InvalidRequestError", function() return session:query(Engineer):all() end)
      assert.equal(begin .. "is NULL", e.message)
      assert.equal(3, session:query(Boss):one().id)
    end)

    it("lists an object once though the union of its class has two rows of it", function()
      local people, engineers = Person.__table__, Engineer.__table__
      local union = am.polymorphic_union({ { "person", people }, { "engineer", people:join(engineers) } }, nil,
        "everybody")
      local registry = am.registry { metadata = Base.metadata }
      local One, Two, Room = { __name = "One" }, { __name = "Two" }, { __name = "Room" }
      local rooms = am.Table("pl_rooms", Base.metadata, am.Column("kind", am.String(10), { primary_key = true }))
      registry:map_imperatively(Room, rooms, { properties = { people = am.relationship(One, { viewonly = true,
        primaryjoin = am.foreign(people.c.kind):eq(rooms.c.kind), order_by = people.c.id }) } })
      registry:map_imperatively(One, people, { with_polymorphic = { "*", union }, polymorphic_on = union.c.kind,
        polymorphic_identity = "person" })
      registry:map_imperatively(Two, engineers, { inherits = One, polymorphic_identity = "engineer" })
      Base.metadata:create_all(engine)
      session:add(Room { kind = "engineer" })
      session:commit()
      for _, option in ipairs { am.lazyload, am.selectinload, am.joinedload, am.subqueryload } do
        local room = session:scalars(am.select(Room):options(option(Room.people))):unique():one()
        assert.equal(1, #room.people)
        session:expunge_all()
      end
      registry:dispose()
    end)

    it("takes a discriminator of a union for the column of the table behind it", function()
      local people, engineers = Person.__table__, Engineer.__table__
      local union = am.polymorphic_union({ engineer = people:join(engineers), person = am.select(people)
        :where(people.c.kind:eq "person"):subquery() }, nil, "all_people")
      local registry = am.registry { metadata = Base.metadata }
      local Being, Smith = { __name = "Being" }, { __name = "Smith" }
      registry:map_imperatively(Being, people, { with_polymorphic = { "*", union }, polymorphic_on = union.c.kind,
        polymorphic_identity = "person" })
      registry:map_imperatively(Smith, engineers, { inherits = Being, polymorphic_identity = "engineer" })
      session:add_all { Being { id = 11 }, Smith { id = 12, tool = "file" } }
      session:commit()
      assert.same({ "person", "engineer" }, session:scalars(am.select(people.c.kind):where(people.c.id:gt(10))
        :order_by(people.c.id)):all())
      session:expunge_all()
      assert.equal("file", session:scalars(am.select(Being):where(Being.id:eq(12))):one().tool)
    end)

    it("has no discriminator where only the union of the base has one", function()
      local people, engineers = Person.__table__, Engineer.__table__
      local union = am.polymorphic_union({ being = am.select(people.c.id):where(people.c.kind:eq "person"):subquery(),
        smith = am.select(people.c.id, engineers.c.tool):select_from(people:join(engineers)):subquery() },
        "sort", "all_beings")
      local registry = am.registry { metadata = Base.metadata }
      local Being, Smith = { __name = "Being" }, { __name = "Smith" }
      registry:map_imperatively(Being, people, { with_polymorphic = { "*", union }, polymorphic_on = union.c.sort,
        polymorphic_identity = "being", exclude_properties = { "kind" } })
      registry:map_imperatively(Smith, engineers, { inherits = Being, polymorphic_identity = "smith" })
      local smith = session:scalars(am.select(Smith)):one()
      assert.same({ 1, "saw" }, { smith.id, smith.tool })
      assert.is_nil(am.inspect(Smith).polymorphic_on)
    end)

    it("loads a relationship of a subclass once, with the subclass", function()
      local list = session:scalars(am.select(Person):order_by(Person.id)
        :options(am.selectin_polymorphic(Person, { Engineer }), am.selectinload(Engineer.machines))):all()
      assert.equal(3, log:count())
      assert.equal(1, #list[1].machines)
      assert.equal("saw", list[1].tool)
      assert.equal(3, log:count())
    end)

    it("asks for the columns of subclasses anew, also of objects that have them", function()
      local query = am.select(Person):order_by(Person.id):options(am.selectin_polymorphic(Person, { Engineer }))
      local kept = session:scalars(query):all()
      log:take()
      assert.same(kept, session:scalars(query):all())
      assert.equal(2, log:count())
    end)

    it("names the kind of a subclass that shares the table of its base", function()
      local Cleaner = Base:model("Cleaner", { __extends__ = Person, broom = am.Column(am.String(10)),
        __mapper_args__ = { polymorphic_identity = "cleaner" } })
      Base.metadata:drop_all(engine)
      Base.metadata:create_all(engine)
      session:add(Cleaner { id = 3, broom = "soft" })
      session:commit()
      log:take()
      local list = session:scalars(am.select(Person):options(am.selectin_polymorphic(Person, { Cleaner }))):all()
      local statements = log:take()
      assert.equal("soft", list[1].broom)
      assert.matches("WHERE pl_people%.id IN %(%S+%) AND pl_people%.kind IN %(%S+%)", statements[2])
      assert.equal(2, #statements)
    end)

    it("leaves eager loaders of a subclass that is not loaded along to the first read", function()
      local query = am.select(Person):order_by(Person.id)
      for _, loader in ipairs { am.selectinload, am.subqueryload } do
        session:expunge_all()
        log:take()
        local list = session:scalars(query:options(loader(Engineer.machines))):all()
        assert.equal(1, log:count())
        assert.equal(1, #list[1].machines)
        assert.equal(2, log:count())
      end
    end)

    it("finds classes by the polymorphic_on of with_polymorphic()", function()
      local Thing = Base:model("Thing", { __tablename__ = "pl_things",
        id = am.Column(am.Integer, { primary_key = true, autoincrement = false }) })
      local Box = Base:model("Box", { __extends__ = Thing, __tablename__ = "pl_boxes", size = am.Column(am.Integer),
        id = am.Column(am.ForeignKey "pl_things.id", { primary_key = true }),
        __mapper_args__ = { polymorphic_identity = "box" } })
      Base.metadata:create_all(engine)
      session:add_all { Box { id = 1, size = 3 }, Thing { id = 2 } }
      session:commit()
      session:expunge_all()
      local rows = am.union_all(am.select(Box.id, am.literal "box":label "kind")):subquery()
      local things = am.with_polymorphic(Thing, { Box }, { selectable = rows, polymorphic_on = rows.c.kind })
      local box = session:scalars(am.select(things)):one()
      assert.equal(Box, getmetatable(box))
      assert.equal(3, box.size)
    end)

    it("takes options of a subclass that selectin_polymorphic() names beside them", function()
      local Team = Base:model("Team", { __tablename__ = "pl_teams", id = am.Column(am.Integer, { primary_key = true }),
        people = am.relationship(Person, { primaryjoin = "foreign(Person.id) == Team.id", viewonly = true }) })
      Base.metadata:create_all(engine)
      session:add(Team { id = 1 })
      session:commit()
      log:take()
      local team = session:scalars(am.select(Team):options(am.selectinload(Team.people):options(
        am.selectin_polymorphic(Person, { Engineer }), am.selectinload(Engineer.machines)))):one()
      assert.equal(4, log:count())
      assert.equal(1, #team.people[1].machines)
      assert.equal(4, log:count())
    end)

    it("reads a deferred column of a subclass from its own table, whatever the options were", function()
      local both = am.with_polymorphic(Person, { Engineer })
      local one = session:scalars(am.select(both):where(both.id:eq(1)):options(am.defer(both.Engineer.tool))):one()
      log:take()
      assert.equal("saw", one.tool)
      assert.same({ "SELECT pl_engineers.tool AS pl_engineers_tool FROM pl_engineers WHERE ? = pl_engineers.id" },
        log:take())
    end)

    it("get() answers nil for the key of an object of another class, and leaves that object alone", function()
      local person, engineer = session:get(Person, 2), session:get(Person, 1)
      log:take()
      assert.is_nil(session:get(Engineer, 2))
      assert.equal(0, log:count())
      session:expire_all()
      assert.is_nil(session:get(Engineer, 2))
      assert.same({ true, engineer }, { am.inspect(person).persistent, session:get(Engineer, 1) })
    end)

    it("names the row whose discriminator is NULL", function()
      session:execute(am.insert(Person.__table__):values { id = 99 })
      local e = raises_exc("InvalidRequestError", function()
        return session:scalars(am.select(Person):where(Person.id:eq(99))):all()
      end)
      assert.equal("Row with identity key (<class 'Person'>, (99,), None) can't be loaded into an object; the "
        .. "polymorphic discriminator column 'pl_people.kind' is NULL", e.message)
    end)
  end)
end)

describe("subclasses of subclasses, loaded by statements of their own", function()
  local Base, Block, Image, Gallery, engine, session, statements

  -- `args` of Image and of Gallery beside their identities.
  local function start(image_load, gallery_load)
    local function key(column) return am.Column(am.ForeignKey(column), { primary_key = true }) end
    Base = am.declarative_base()
    Block = Base:model("Block", { __tablename__ = "blocks", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String(10)), __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "block" } })
    Image = Base:model("Image", { __extends__ = Block, __tablename__ = "images", id = key "blocks.id",
      url = am.Column(am.String(10)),
      __mapper_args__ = { polymorphic_identity = "image", polymorphic_load = image_load } })
    Gallery = Base:model("Gallery", { __extends__ = Image, __tablename__ = "galleries", id = key "images.id",
      width = am.Column(am.Integer),
      __mapper_args__ = { polymorphic_identity = "gallery", polymorphic_load = gallery_load } })
    engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add_all { Block {}, Image { url = "a" }, Gallery { url = "b", width = 3 } }
    session:commit()
    session:expunge_all()
    statements = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, text, params)
      local columns = {}
      for column in text:match("^SELECT (.-)%s+FROM"):gmatch("[^,%s]+%.[^,%s]+") do
        if column:find("url") or column:find("width") then columns[#columns + 1] = column end
      end
      statements[#statements + 1] = table.concat(columns, " ") .. " " .. table.concat(params, " ")
    end)
  end

  local function unloaded(list)
    local names = {}
    for i, obj in ipairs(list) do names[i] = table.concat(am.inspect(obj).unloaded, " ") end
    return names
  end

  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("bring only what they add themselves, their superclasses the rest", function()
    start(nil, nil)
    local list = session:scalars(am.select(Block):order_by(Block.id):options(
      am.selectin_polymorphic(Block, { Gallery }))):all()
    assert.same({ " ", "galleries.width 3", "images.url 3" }, statements)
    assert.same({ "", "url", "" }, unloaded(list))
  end)

  it("bring what superclasses of the same kind would bring, in one statement for each object", function()
    start("selectin", "selectin")
    for _ = 1, 2 do -- objects that are there are asked for again
      statements = {}
      local list = session:scalars(am.select(Block):order_by(Block.id)):all()
      assert.same({ " ", "images.url 2", "images.url galleries.width 3" }, statements)
      assert.same({ "", "", "" }, unloaded(list))
    end
  end)

  it("are completed from their own tables alone", function()
    start(nil, nil)
    local gallery = session:scalars(am.select(Block):where(Block.id:eq(3))):one()
    statements = {}
    assert.same({ 3, "b" }, { gallery.width, gallery.url })
    assert.same({ "images.url galleries.width 3" }, statements)
  end)
end)

describe("siblings in a hierarchy", function()
  local engine, session, log, Shelf, Item, Book, Film

  before_each(function()
    local Base = am.declarative_base()
    local function key(target) return am.Column(am.ForeignKey(target), { primary_key = true }) end
    Shelf = Base:model("Shelf", { __tablename__ = "shelves", id = am.Column(am.Integer, { primary_key = true }),
      items = am.relationship("Item", { order_by = "Item.id" }) })
    Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
      kind = am.Column(am.String(10)), shelf_id = am.Column(am.ForeignKey "shelves.id"),
      loans = am.relationship "Loan",
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "item" } })
    Book = Base:model("Book", { __extends__ = Item, __tablename__ = "books", id = key "items.id",
      pages = am.Column(am.Integer), chapters = am.relationship "Chapter",
      __mapper_args__ = { polymorphic_identity = "book" } })
    Film = Base:model("Film", { __extends__ = Item, __tablename__ = "films", id = key "items.id",
      minutes = am.Column(am.Integer), script = am.deferred(am.Column(am.Text)),
      __mapper_args__ = { polymorphic_identity = "film" } })
    local function child(name, table_name, target)
      return Base:model(name, { __tablename__ = table_name, id = am.Column(am.Integer, { primary_key = true }),
        owner_id = am.Column(am.ForeignKey(target)) })
    end
    local Chapter = child("Chapter", "chapters", "books.id")
    child("Loan", "loans", "items.id")
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add(Shelf { id = 1, items = { Book { id = 1, pages = 9, chapters = { Chapter { id = 1 } } },
      Film { id = 2, minutes = 90, script = "once" } } })
    session:commit()
    session:expunge_all()
    log = executed.record(engine, { params = false })
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  it("keep their own attributes when one of them has a relationship joined", function()
    local shelf = session:scalars(am.select(Shelf)
      :options(am.joinedload(Shelf.items:of_type(Book)):joinedload(Book.chapters))):unique():one()
    assert.equal(1, #shelf.items[1].chapters)
    assert.same({ "once", 90 }, { shelf.items[2].script, shelf.items[2].minutes })
  end)

  it("are loaded by selectin_polymorphic() without what is deferred", function()
    local query = am.select(Item):order_by(Item.id)
    local film = session:scalars(query:options(am.selectin_polymorphic(Item, { Film }))):all()[2]
    assert.same({ 90, nil }, { am.inspect(film).dict.minutes, am.inspect(film).dict.script })
    session:expunge_all()
    film = session:scalars(query:options(am.selectin_polymorphic(Item, { Film }), am.undefer(Film.script))):all()[2]
    assert.equal("once", am.inspect(film).dict.script)
  end)

  it("come after the eager loaders of the base", function()
    session:scalars(am.select(Item):order_by(Item.id)
      :options(am.selectin_polymorphic(Item, { Book }), am.selectinload(Item.loans))):all()
    local tables = {}
    for i, text in ipairs(log:take()) do tables[i] = text:match "FROM (%S+ ?J?O?I?N? ?%S*)" end
    assert.same({ "items ORDER", "loans WHERE", "items JOIN books" }, tables)
  end)

  it("contains_eager() with of_type() takes the columns of the base first", function()
    session:scalars(am.select(Shelf):join(Shelf.items:of_type(Film))
      :options(am.contains_eager(Shelf.items:of_type(Film)))):unique():all()
    assert.equal("SELECT items.id, items.kind, items.shelf_id, films.id AS id_1, films.minutes, shelves.id AS id_2 ",
      log:take()[1]:match "^(.-)FROM")
  end)

  it("keep their columns when load_only() or \"*\" are said of the base", function()
    local film_only = am.selectin_polymorphic(Item, { Film })
    local of_base = { am.load_only(Item.kind), am.Load(Item):defer "*", am.Load(Film):defer "*", am.defer "*" }
    for _, option in ipairs(of_base) do
      session:expunge_all()
      local film = session:scalars(am.select(Item):order_by(Item.id):options(film_only, option)):all()[2]
      local dict = am.inspect(film).dict
      assert.same({ 90, nil, nil }, { dict.minutes, dict.script, dict.shelf_id })
    end
    for option, minutes in pairs { [am.load_only(Film.kind)] = false, [am.Load(Item):undefer "*"] = 90 } do
      session:expunge_all()
      local film = session:scalars(am.select(Film):options(option)):one()
      assert.equal(minutes, am.inspect(film).dict.minutes or false)
    end
  end)
end)

describe("columns of a subclass", function()
  local Base = am.declarative_base()
  local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
    kind = am.Column(am.String(5)), name = am.Column(am.String(5)),
    __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "a" } })
  local B = Base:model("B", { __extends__ = A, x = am.Column(am.Integer), y = am.Column(am.Integer),
    z = am.deferred(am.Column(am.Integer)), __mapper_args__ = { polymorphic_identity = "b" } })
  local C = Base:model("C", { __extends__ = A, __tablename__ = "c", name = am.Column("title", am.String(5)),
    id = am.Column(am.ForeignKey "a.id", { primary_key = true }), __mapper_args__ = { polymorphic_identity = "c" } })
  local engine, session, log

  before_each(function()
    engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    session = am.Session(engine)
    session:add(B { x = 1, y = 2, z = 3, name = "n" })
    session:commit()
    session:expunge_all()
    log = executed.record(engine, { params = false })
  end)
  after_each(function()
    session:close()
    engine:dispose()
  end)

  -- What reading x loads, when the object came by a statement of its base with an option.
  local function loaded_by(option)
    local b = session:scalars(am.select(A):options(option)):one()
    log:take()
    assert.equal(1, b.x)
    local text = log:take()[1]
    session:expunge_all()
    return text:match "^SELECT (.-) FROM"
  end

  it("that the statement did not select come together, whatever load_only() and undefer() say", function()
    assert.equal("a.x AS a_x, a.y AS a_y", loaded_by(am.load_only(A.kind)))
    assert.equal("a.x AS a_x, a.y AS a_y", loaded_by(am.undefer "*"))
    assert.equal("a.x AS a_x, a.y AS a_y", loaded_by(am.undefer(B.z)))
    assert.equal("a.x AS a_x", loaded_by(am.defer "*"))
    assert.equal("a.x AS a_x", loaded_by(am.defer(B.x)))
  end)

  it("are told by the class that has them when they may not be read", function()
    local b = session:scalars(am.select(B):options(am.defer(B.name, { raiseload = true }))):one()
    raises_exc("InvalidRequestError", function() return b.name end, "'A.name' is not available due to raiseload")
  end)

  it("under a column of another name stand after what is inherited, and nothing is implicit about them", function()
    assert.same({ "id", "kind", "name" }, { unpack(am.inspect(C).attrs:keys()) })
    assert.equal("SELECT c.id, a.id AS id_1, a.kind, c.title, a.name FROM a JOIN c ON a.id = c.id",
      (tostring(am.select(C)):gsub("%s+", " ")))
  end)

  it("under a column of another name are loaded by selectin_polymorphic()", function()
    session:add(C { name = "t" })
    session:commit()
    session:expunge_all()
    log:take()
    session:scalars(am.select(A):options(am.selectin_polymorphic(A, { C }))):all()
    assert.matches("c.title AS c_title", log:take()[2])
  end)
end)

describe("polymorphic_load inline", function()
  local Base = am.declarative_base()
  local function id(of) return am.Column(of and am.ForeignKey(of) or am.Integer, { primary_key = true }) end
  local function args(name) return { polymorphic_identity = name, polymorphic_load = "inline" } end
  local A = Base:model("A", { __tablename__ = "a", id = id(), kind = am.Column(am.String),
    __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "a" } })
  local B = Base:model("B", { __extends__ = A, __tablename__ = "b", id = id "a.id", x = am.Column(am.Integer),
    __mapper_args__ = args "b" })
  Base:model("C", { __extends__ = B, __tablename__ = "c", id = id "b.id", y = am.Column(am.Integer),
    z = am.deferred(am.Column(am.Integer)), __mapper_args__ = args "c" })
  local function text(stmt) return (tostring(stmt):gsub("%s+", " ")) end

  it("loads a class along with its base, not with the base of that", function()
    assert.equal("SELECT a.id, a.kind, b.id AS id_1, b.x FROM a LEFT OUTER JOIN b ON a.id = b.id", text(am.select(A)))
    assert.equal("SELECT b.id, a.id AS id_1, a.kind, b.x, c.id AS id_2, c.y FROM a JOIN b ON a.id = b.id " ..
      "LEFT OUTER JOIN c ON b.id = c.id", text(am.select(B)))
  end)

  it("goes along with a statement of selectin_polymorphic()", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local C = Base.registry.class_registry.C
      session:add_all { C { id = 1, x = 2, y = 3, z = 4 }, B { id = 2, x = 5 } }
      session:commit()
      session:expunge_all()
      local all = session:scalars(am.select(A):options(am.selectin_polymorphic(A, { B })):order_by(A.id)):all()
      assert.is_false(am.inspect(all[1]).unloaded:contains "y")
      assert.is_true(am.inspect(all[1]).unloaded:contains "z")
      assert.same({ 3, 5 }, { all[1].y, all[2].x })
    end)
    engine:dispose()
  end)
end)
