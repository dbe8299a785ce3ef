-- Composite keys: get, the identity map, lazy and eager loading, tuples, joins and NULL parts.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map, list = parity.say, parity.step, parity.map, parity.list

local Base = am.declarative_base()

local Page = Base:model("Page", {
  __tablename__ = "pages",
  book = am.Column(am.String(10), { primary_key = true }),
  number = am.Column(am.Integer, { primary_key = true, autoincrement = false }),
  text = am.Column(am.String(30)),
  notes = am.relationship("Note", { back_populates = "page", order_by = "Note.id" }),
})

local Note = Base:model("Note", {
  __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(30)),
  page_book = am.Column(am.String(10)),
  page_number = am.Column(am.Integer),
  page = am.relationship("Page", { back_populates = "notes" }),
  links = am.relationship("Link", {
    back_populates = "note",
    order_by = "Link.target",
    cascade = "all, delete-orphan"
  }),
  __table_args__ = { am.ForeignKeyConstraint({ "page_book", "page_number" }, { "pages.book", "pages.number" }) },
})

local Link = Base:model("Link", {
  __tablename__ = "links",
  note_id = am.Column(am.ForeignKey("notes.id"), { primary_key = true }),
  target = am.Column(am.String(10), { primary_key = true }),
  weight = am.Column(am.Integer),
  note = am.relationship("Note", { back_populates = "links" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add_all{
    Page{
      book = "a",
      number = 1,
      text = "a1",
      notes = {
        Note{ id = 1, body = "n1", links = { Link{ target = "x", weight = 1 }, Link{ target = "y", weight = 2 } } },
        Note{ id = 2, body = "n2" }
      }
    },
    Page{ book = "a", number = 2, text = "a2" },
    Page{ book = "b", number = 1, text = "b1", notes = { Note{ id = 3, body = "n3" } } },
    Note{ id = 4, body = "half", page_book = "a" }
  }
  s:commit()
end)
parity.forget()

step "get"
am.Session(e, function(s)
  local page = s:get(Page, { "a", 1 })
  say(page.text, s:get(Page, { number = 1, book = "a" }) == page, s:get(Page, { "z", 1 }))
  say(am.inspect(page).identity, am.inspect(page).identity_key[2])
  parity.error(function() return s:get(Page, "a") end)
  parity.error(function() return s:get(Page, { "a", 1, 2 }) end)
  parity.error(function() return s:get(Page, { book = "a" }) end)
  local link = s:get(Link, { 1, "x" })
  say(link.weight, link.note.body)
end)
step "lazy"
am.Session(e, function(s)
  local page = s:get(Page, { "a", 1 })
  local notes = page.notes
  say(map(notes, function(n) return n.body end), notes[1].page == page)
  local half = s:get(Note, 4)
  say(half.page)
  local far = s:get(Note, 3)
  say(far.page.text)
end)
for _, name in ipairs { "selectinload", "joinedload" } do
  step(name)
  am.Session(e, function(s)
    local stmt = am.select(Page):options(am[name](Page.notes)):order_by(Page.book, Page.number)
    local pages = s:scalars(stmt):unique():all()
    say(map(pages, function(p) return list(p.text, map(p.notes, function(n) return n.body end)) end))
  end)
  am.Session(e, function(s)
    local stmt = am.select(Note):options(am[name](Note.page)):order_by(Note.id)
    local notes = s:scalars(stmt):unique():all()
    say(map(notes, function(n) return n.page and n.page.text end))
  end)
end
step "chains"
am.Session(e, function(s)
  local stmt = am.select(Page)
    :options(am.selectinload(Page.notes):selectinload(Note.links))
    :order_by(Page.book, Page.number)
  local pages = s:scalars(stmt):all()
  say(
    map(pages, function(p)
      return map(p.notes, function(n) return map(n.links, function(l) return l.target end) end)
    end)
  )
end)
am.Session(e, function(s)
  local stmt = am.select(Page)
    :options(am.joinedload(Page.notes):joinedload(Note.links))
    :where(Page.book:eq("a"))
    :order_by(Page.number)
    :limit(1)
  local pages = s:scalars(stmt):unique():all()
  say(
    map(pages, function(p)
      return map(p.notes, function(n) return map(n.links, function(l) return l.weight end) end)
    end)
  )
end)
step "criteria"
am.Session(e, function(s)
  local page = s:get(Page, { "b", 1 })
  say(map(s:scalars(am.select(Note):where(Note.page:eq(page))), function(n) return n.body end))
  say(map(s:scalars(am.select(Note):where(Note.page:eq(nil)):order_by(Note.id)), function(n) return n.body end))
  say(map(s:scalars(am.select(Note):where(Note.page:ne(page)):order_by(Note.id)), function(n) return n.body end))
  say(
    map(
      s:scalars(am.select(Note):where(Note.page:has{ text = "a1" }):order_by(Note.id)),
      function(n) return n.body end
    )
  )
  say(map(s:scalars(am.select(Page):where(Page.notes:any{ body = "n3" })), function(p) return p.text end))
  say(map(s:scalars(am.select(Page):where(Page.notes:contains(s:get(Note, 1)))), function(p) return p.text end))
  say(
    map(
      s:scalars(
        am.select(Page):where(am.tuple_(Page.book, Page.number):in_{ { "a", 2 }, { "b", 1 } }):order_by(Page.book)
      ),
      function(p) return p.text end
    )
  )
  say(
    s
      :execute(
        am.select(Page.text, am.func.count(Note.id))
          :outerjoin(Page.notes)
          :group_by(Page.book, Page.number, Page.text)
          :order_by(Page.text)
      )
      :all()
  )
end)
step "changes of keys"
am.Session(e, function(s)
  local note = s:get(Note, 2)
  note.page = s:get(Page, { "a", 2 })
  say(note.page_number)
  s:flush()
  say(note.page_number, map(s:get(Page, { "a", 1 }).notes, function(n) return n.id end))
  note.page = nil
  s:flush()
  say(note.page_book, note.page_number)
  local link = s:get(Link, { 1, "x" })
  link.target = "q"
  s:flush()
  say(am.inspect(link).identity, s:get(Link, { 1, "q" }) == link, s:get(Link, { 1, "x" }))
  s:expire(link)
  say(link.weight)
  s:refresh(link, { "weight" })
  s:rollback()
end)
step "the orphan"
am.Session(e, function(s)
  local note = s:get(Note, 1)
  note.links:pop(1)
  s:flush()
  say(map(note.links, function(l) return l.target end))
  s:rollback()
end)
step "end"
