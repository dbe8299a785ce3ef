-- Models over a database that is there already: am.automap_base() makes them all, am.DeferredReflection the ones named.
local am = require "alchemoon"

local engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
engine:begin(function(conn)
  for _, ddl in ipairs{
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL)",
    "CREATE TABLE book (id INTEGER PRIMARY KEY, title VARCHAR(80), author_id INTEGER NOT NULL REFERENCES author (id))",
    "CREATE TABLE tag (id INTEGER PRIMARY KEY, word VARCHAR(20))",
    "CREATE TABLE book_tag (book_id INTEGER REFERENCES book (id), tag_id INTEGER REFERENCES tag (id), " ..
      "PRIMARY KEY (book_id, tag_id))",
  } do conn:exec_driver_sql(ddl) end
end)

-- Everything: a class per table, relationships by foreign keys. A class may be written beforehand for its methods.
local Base = am.automap_base()
local Author = Base:model("author", { __tablename__ = "author" })
function Author:shelf()
  local titles = {}
  for i, book in ipairs(self.book_collection) do titles[i] = book.title end
  return self.name .. ": " .. table.concat(titles, ", ")
end
Base:prepare{ autoload_with = engine }
local Book, Tag = Base.classes.book, Base.classes.tag
print(table.concat(am.inspect(Book).relationships:keys(), " ")) --> author tag_collection

local Session = am.sessionmaker{ bind = engine }
Session:begin(function(session)
  session:add(Author{ name = "Ada", book_collection = {
    Book{ title = "Notes", tag_collection = { Tag{ word = "engines" } } }, Book{ title = "Letters" } } })
end)
Session(function(session)
  print(session:scalars(am.select(Author)):one():shelf()) --> Ada: Notes, Letters
  local stmt = am.select(Book):join(Book.tag_collection):where(Tag.word:eq "engines")
  print(session:scalars(stmt):one().author.name) --> Ada
end)

-- Names of one's own.
local Named = am.automap_base()
Named:prepare{ autoload_with = engine,
  classname_for_table = function(_, name) return (name:gsub("^%a", string.upper)) end,
  name_for_collection_relationship = function(_, _, other) return other.__name:lower() .. "s" end }
print(table.concat(Named.classes:keys(), " "), table.concat(am.inspect(Named.classes.Author).relationships:keys(), " "))
--> Author Book Tag	books

-- Only some: columns are reflected, relationships are written.
local Reflected = am.declarative_base{ cls = am.DeferredReflection }
local Writer = Reflected:model("Writer", { __tablename__ = "author",
  works = am.relationship("Work", { back_populates = "writer", order_by = "Work.id" }) })
Reflected:model("Work", { __tablename__ = "book", title = am.Column(am.Text),
  writer = am.relationship("Writer", { back_populates = "works" }) })
print(select(2, pcall(Writer, { name = "too early" })).name) --> UnmappedClassError
Reflected:prepare(engine)
Session(function(session)
  print(session:scalars(am.select(Writer)):one().works[2].title) --> Letters
end)
engine:dispose()
