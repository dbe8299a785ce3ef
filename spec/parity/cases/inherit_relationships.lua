-- Relationships to and from subclasses, self-referential ones, many-to-many between subclasses, backrefs and cascades.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local reads = am.Table("reads", Base.metadata, Column("reader_id", ForeignKey("reader.id"), { primary_key = true }),
  Column("book_id", ForeignKey("book.id"), { primary_key = true }))

local Person = Base:model("Person", {
  __tablename__ = "person",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  kind = Column(String(20)),
  boss_id = Column(ForeignKey("chief.id", { use_alter = true, name = "fk_boss" })),
  boss = am.relationship("Chief", { foreign_keys = "Person.boss_id", back_populates = "people", post_update = true }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "person" },
})
local Chief = Base:model("Chief", {
  __extends__ = Person,
  __tablename__ = "chief",
  id = Column(ForeignKey("person.id"), { primary_key = true }),
  rank = Column(Integer),
  people = am.relationship("Person", { foreign_keys = { Person.boss_id }, back_populates = "boss",
    order_by = "Person.id", primaryjoin = "Chief.id == Person.boss_id", remote_side = "Person.boss_id" }),
  __mapper_args__ = { polymorphic_identity = "chief", inherit_condition = "Chief.id == Person.id" },
})
local Reader = Base:model("Reader", {
  __extends__ = Person,
  __tablename__ = "reader",
  id = Column(ForeignKey("person.id"), { primary_key = true }),
  card = Column(String(10)),
  books = am.relationship("Book", { secondary = reads, back_populates = "readers", order_by = "Book.id" }),
  __mapper_args__ = { polymorphic_identity = "reader" },
})
local Item = Base:model("Item", {
  __tablename__ = "item",
  id = Column(Integer, { primary_key = true }),
  kind = Column(String(20)),
  label = Column(String(20)),
  owner_id = Column(ForeignKey("person.id")),
  owner = am.relationship(Person,
    { backref = am.backref("items", { cascade = "all, delete-orphan", order_by = "Item.id" }) }),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "item" },
})
local Book = Base:model("Book", {
  __extends__ = Item,
  __tablename__ = "book",
  id = Column(ForeignKey("item.id"), { primary_key = true }),
  pages = Column(Integer),
  readers = am.relationship("Reader", { secondary = reads, back_populates = "books", order_by = "Reader.id" }),
  __mapper_args__ = { polymorphic_identity = "book" },
})

local function map(list, fn)
  local out = { n = 0 }
  for _, x in ipairs(list) do
    out.n = out.n + 1
    out[out.n] = fn(x)
  end
  return out
end
local function name(x) return x.name end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local chief = Chief{ name = "cora", rank = 1 }
local ann = Reader{ name = "ann", card = "r1", boss = chief }
local bob = Person{ name = "bob", boss = chief }
local b1 = Book{ label = "b1", pages = 100, owner = bob }
local b2 = Book{ label = "b2", pages = 200, owner = ann }
ann.books:append(b1)
ann.books:append(b2)
say(chief.people, b1.readers, bob.items, ann.items)
session:add(chief)
step "flush"
session:flush()
p.forget()
say(ann.boss_id == chief.id, map(chief.people, name))
session:commit()
step "lazy loads"
local x = session:scalars(select(Person):where(Person.name:eq("ann"))):one()
say(x, x.boss.name, map(x.books, function(b) return b.label end), map(x.items, function(b) return b.pages end))
step "eager loads"
session:expunge_all()
for person in session:scalars(select(Person):order_by(Person.name)
  :options(am.selectinload(Person.items), am.selectinload(Reader.books))) do
  say(person.name, person.items, am.inspect(person).class_ == Reader and person.books or "-")
end
step "joins"
say(session:execute(select(Reader.name, Book.label):join(Reader.books):order_by(Book.label)):all())
p.sql()
local boss = am.aliased(Chief)
say(session:execute(select(Person.name, boss.name):join(Person.boss:of_type(boss)):order_by(Person.name)):all())
p.sql()
say(session:scalars(select(Chief.name):where(Chief.people:any(Person.name:eq("bob")))):all())
p.sql()
say(session:scalars(select(Person.name):where(Person.items:of_type(Book):any(Book.pages:gt(150)))):all())
p.sql()
say(session:scalars(select(Reader.name):where(Reader.boss:has(Chief.rank:eq(1)))):all())
p.sql()
ann = session:scalars(select(Reader)):one()
say(session:scalars(select(Book.label):where(am.with_parent(ann, Reader.books)):order_by(Book.label)):all())
p.sql()
say(session:scalars(select(Reader.name):where(Reader.books:contains(ann.books[1]))):all())
p.sql()
step "changes"
ann.books:remove(ann.books[1])
say(am.inspect(ann).attrs.books.history.deleted, #ann.books)
session:flush()
p.sql()
ann.boss = nil
session:flush()
p.sql()
say(map(session:scalars(select(Chief)):one().people, name))
step "delete with cascade"
bob = session:scalars(select(Person):where(Person.name:eq("bob"))):one()
ann.books:clear()
session:delete(bob)
session:commit()
p.sql()
say(session:scalars(select(Item.label)):all())
session:delete(session:scalars(select(Chief)):one())
session:flush()
p.sql()
say(session:scalars(select(Person.boss_id)):all())
