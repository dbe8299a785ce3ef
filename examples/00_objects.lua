local am = require "alchemoon"

local Base = am.declarative_base()
local Author = Base:model("Author", {
  __tablename__ = "authors",
  id    = am.Column(am.Integer, { primary_key = true }),
  name  = am.Column(am.String(50), { nullable = false }),
  books = am.relationship("Book", { back_populates = "author", cascade = "all, delete-orphan" }),
})
local Book = Base:model("Book", {
  __tablename__ = "books",
  id        = am.Column(am.Integer, { primary_key = true }),
  title     = am.Column(am.String(100)),
  author_id = am.Column(am.ForeignKey("authors.id")),
  author    = am.relationship("Author", { back_populates = "books" }),
})

local engine = am.create_engine("sqlite://")
Base.metadata:create_all(engine)
local Session = am.sessionmaker{ bind = engine }

Session:begin(function(session) -- commits, or rolls back and raises
  session:add(Author{ name = "Ursula", books = { Book{ title = "The Dispossessed" }, Book{ title = "Lavinia" } } })
end)

Session:begin(function(session)
  local book = session:scalars(am.select(Book):join(Book.author):where(Author.name:like "U%")):first()
  print(book.title, book.author.name, #book.author.books) --> The Dispossessed	Ursula	2
  book.title = book.title .. " (1974)" -- written at commit: one UPDATE of one column
end)
