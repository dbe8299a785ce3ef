-- with_loader_criteria and relationship.and_(): over lazy, selectin, joined, subquery loads, joins, any/has, aliases,
-- subclasses of a mixin, refresh and get, and how long the criteria stay with an object.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map
local unpack = table.unpack or unpack

local Base = am.declarative_base()
local Hidden = {
  hidden = am.mapped_column(am.Boolean, { default = false }),
}

local Book = Base:model("Book", {
  __mixins__ = { Hidden },
  __tablename__ = "book",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  title = am.mapped_column(am.String(20)),
  notes = am.relationship("Note", { back_populates = "book", order_by = "Note.id" }),
  tags = am.relationship("Tag", { secondary = "book_tag", order_by = "Tag.id" }),
})

local Note = Base:model("Note", {
  __mixins__ = { Hidden },
  __tablename__ = "note",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  book_id = am.mapped_column(am.ForeignKey("book.id")),
  lang = am.mapped_column(am.String(5)),
  book = am.relationship(Book, { back_populates = "notes" }),
  replies = am.relationship("Reply", { order_by = "Reply.id" }),
})

local Reply = Base:model("Reply", {
  __mixins__ = { Hidden },
  __tablename__ = "reply",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  note_id = am.mapped_column(am.ForeignKey("note.id")),
})

local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = am.mapped_column(am.Integer, { primary_key = true }),
  name = am.mapped_column(am.String(20)),
})
am.Table(
  "book_tag", Base.metadata, am.Column("book_id", am.ForeignKey("book.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tag.id"), { primary_key = true })
)

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  local t = { Tag{ id = 1, name = "red" }, Tag{ id = 2, name = "blue" } }
  s:add_all({
    Book{ id = 1, title = "A", tags = t }, Book{ id = 2, title = "B", tags = { t[2] } },
    Book{ id = 3, title = "C", hidden = true }
  })
  for i = 1, 7 - 1 do
    s:add(Note{ id = i, book_id = math.floor((i + 1) / 2), lang = i % 2 == 1 and "en" or "de", hidden = i == 2 })
    s:add(Reply{ id = i, note_id = i, hidden = i == 3 })
  end
  s:commit()
end)
parity.forget()

local function book_lines(books)
  for _, b in ipairs(books) do
    say(
      b.title, map(b.notes, function(n) return { n.id, map(n.replies, function(r) return r.id end) } end),
      map(b.tags, function(t) return t.name end)
    )
  end
end

local function show(title, ...)
  local options = { n = select("#", ...), ... }
  step(title)
  am.Session(e, function(s)
    local books = s:scalars(am.select(Book):order_by(Book.id):options(unpack(options, 1, options.n))):unique():all()
    book_lines(books)
    parity.sql()
    s:expire_all()
    say(map(books, function(b) return map(b.notes, function(n) return n.id end) end))
    parity.sql()
  end)
  parity.forget()
end
local english = am.with_loader_criteria(Note, Note.lang:eq("en"))
local visible = am.with_loader_criteria(
  Hidden, function(cls) return cls.hidden:eq(false) end, { include_aliases = true }
)
show("lazy", english)
show("selectin", english, am.selectinload(Book.notes):selectinload(Note.replies))
show("joined", english, am.joinedload(Book.notes):joinedload(Note.replies))
show("subquery", english, am.subqueryload(Book.notes))
show("mixin", visible)
show("mixin joined", visible, am.joinedload(Book.notes):selectinload(Note.replies))
show("two together", visible, english)
show("secondary", am.with_loader_criteria(Tag, Tag.name:eq("blue")), am.selectinload(Book.tags))
show("not propagated", am.with_loader_criteria(Note, Note.lang:eq("de"), { propagate_to_loaders = false }))
show("by relationship", am.selectinload(Book.notes:and_(Note.lang:eq("de"))))
show(
  "by relationship joined",
  am.joinedload(Book.notes:and_(Note.lang:eq("de"), Note.id:gt(2))):selectinload(Note.replies:and_(Reply.id:ne(4)))
)
show("by relationship lazy", am.lazyload(Book.notes:and_(Note.id:lt(4))))
show("by relationship subquery", am.subqueryload(Book.notes:and_(Note.id:lt(4))), english)
step "queries"
am.Session(e, function(s)
  say(s:execute(am.select(Book.title, Note.id):join(Book.notes):order_by(Note.id):options(english)):all())
  say(
    s:execute(am.select(Book.title, Note.id):outerjoin(Book.notes):order_by(Book.id, Note.id):options(visible)):all()
  )
  say(
    s:execute(
      am.select(Book.title, am.func.count(Note.id)):join(Book.notes:and_(Note.lang:eq("en"))):group_by(Book.title)
        :order_by(Book.title)
    ):all()
  )
  say(
    s:scalars(
      am.select(Book.title):where(Book.notes:any(Note.id:gt(2))):order_by(Book.id):options(english, visible)
    ):all()
  )
  local n2 = am.aliased(Note)
  say(
    s:execute(
      am.select(Note.id, n2.id):join(n2, Note.book_id:eq(n2.book_id)):order_by(Note.id, n2.id):options(english)
    ):all()
  )
  say(
    s:execute(
      am.select(Note.id, n2.id):join(n2, Note.book_id:eq(n2.book_id)):order_by(Note.id, n2.id)
        :options(
          am.with_loader_criteria(Note, function(cls) return cls.lang:eq("en") end, { include_aliases = true })
        )
    ):all()
  )
  local sub = am.select(Note):where(Note.id:gt(1)):subquery()
  local ns = am.aliased(Note, sub)
  say(map(s:scalars(am.select(ns):order_by(ns.id):options(english)), function(n) return n.id end))
  say(s:scalar(am.select(am.func.count()):select_from(Note):options(english)))
  say(s:scalars(am.select(Note.id):where(Note.book:has(Book.title:eq("A"))):options(visible):order_by(Note.id)):all())
  parity.sql()
end)
step "get and refresh"
am.Session(e, function(s)
  say(s:get(Book, 3, { options = { visible } }))
  local b = s:get(Book, 1, { options = { english } })
  say(map(b.notes, function(n) return n.id end))
  s:refresh(b)
  say(map(b.notes, function(n) return n.id end))
  s:refresh(b, { "notes" })
  say(map(b.notes, function(n) return n.id end))
  local b2 = s:scalars(
    am.select(Book):where(Book.id:eq(1))
      :options(am.with_loader_criteria(Note, Note.lang:eq("de")), am.selectinload(Book.notes))
  ):one()
  say(b2 == b, map(b2.notes, function(n) return n.id end))
  b2 = s:scalars(
    am.select(Book):where(Book.id:eq(1))
      :options(am.with_loader_criteria(Note, Note.lang:eq("de")), am.selectinload(Book.notes))
      :execution_options({ populate_existing = true })
  ):one()
  say(b2 == b, map(b2.notes, function(n) return n.id end))
  parity.sql()
end)
step "session wide"
am.Session(e, function(s)
  am.event.listen(s, "do_orm_execute", function(state)
    say("execute", state.is_select, state.is_relationship_load, state.is_column_load)
    if state.is_select and not state.is_column_load and not state.is_relationship_load then
      state.statement = state.statement:options(visible)
    end
  end)
  book_lines(s:scalars(am.select(Book):options(am.selectinload(Book.notes)):order_by(Book.id)):all())
  say(s:get(Note, 2))
  say(s:execute(am.update(Note):where(Note.lang:eq("de")):values({ lang = "fr" })).rowcount)
  say(map(s:scalars(am.select(Note):order_by(Note.id)), function(n) return n.lang end))
  parity.sql()
end)
