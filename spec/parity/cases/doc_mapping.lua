-- What a mapping can carry besides columns: SQL expressions, hybrids, synonyms, several tables, versions, mixins.
local am = require "alchemoon"
local p = require "parity"
local say, step, select, func = p.say, p.step, am.select, am.func

local Base = am.declarative_base()
local Upper = am.Comparator:extend{
  eq = function(self, other) return func.upper(self:__clause_element__()):eq(func.upper(other)) end,
}
local id = am.Column(am.Integer, { primary_key = true })
local first, last = am.Column(am.String), am.Column(am.String)
local Book
local Writer = Base:model("Writer", {
  __tablename__ = "writers",
  id = id,
  first = first,
  last = last,
  full = am.column_property(first .. " " .. last),
  nick = am.Column("nick_name", am.String),
  alias = am.synonym("nick"),
  books = am.relationship("Book", { back_populates = "writer" }),
  asked = am.query_expression(),
  asked_or = am.query_expression(am.literal_column("'-'")),
  both = am.hybrid_property(function(self) return self.first .. self.last end),
  initial = am.hybrid_property(function(self) return self.first:sub(1, 1) end, {
    setter = function(self, value) self.first = value .. self.first:sub(2) end,
    expression = function(cls) return func.substr(cls.first, 1, 1) end,
    update_expression = function(cls, value) return { { cls.first, value } } end,
  }),
  word = am.hybrid_property(function(self) return self.last:upper() end, {
    comparator = function(cls) return Upper(cls.last) end,
  }),
  longer = am.hybrid_method(function(self, n) return #self.last > n end, {
    expression = function(cls, n) return func.length(cls.last):gt(n) end,
  }),
  check = am.validates("nick", "last", function(_, key, value)
    say("validates", key, value)
    if value == "" then error(key) end
    return (value:match("^%s*(.-)%s*$"))
  end),
  loaded = am.reconstructor(function(self) self.seen = "loaded" end),
  __init__ = function(self, values)
    for _, key in ipairs { "first", "last", "nick", "id" } do self[key] = values[key] end
    self.seen = "made"
  end,
})
function Writer:book_count()
  return am.object_session(self):scalar(select(func.count(Book.id)):where(Book.writer_id:eq(self.id)))
end
Book = Base:model("Book", {
  __tablename__ = "books",
  id = am.Column(am.Integer, { primary_key = true }),
  writer_id = am.Column(am.ForeignKey("writers.id")),
  title = am.Column(am.String),
  pages = am.Column(am.Integer, { default = 0 }),
  version = am.Column(am.Integer, { nullable = false }),
  writer = am.relationship("Writer", { back_populates = "books" }),
  __mapper_args__ = { version_id_col = "version" },
})
Writer.total = am.column_property(select(func.coalesce(func.sum(Book.pages), 0)):where(Book.writer_id:eq(Writer.id))
  :correlate_except(Book):scalar_subquery())

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
step "expressions"
local w = Writer{ id = 1, first = "Ada", last = " Poe ", nick = "ap" }
say(w.seen, w.last, w.alias, w.full, w.both, w.initial, w.word, w:longer(2))
session:add(w)
session:add(Book{ id = 1, title = "x", pages = 10, writer = w })
session:flush()
session:add(Book{ id = 2, title = "y", pages = 20, writer = w })
session:commit()
say(w.full, w.total, w:book_count())
w.initial = "I"
say(w.first, w.full)
session:commit()
say(w.full, w.asked, w.asked_or)
session:close()
step "queries"
w = session:scalars(select(Writer):where(Writer.full:eq("Ida Poe"))):one()
say(w.seen, w.asked, w.asked_or)
say(select(Writer.id):where(Writer.initial:eq("I")):order_by(Writer.both))
say(select(Writer.id):where(Writer.word:eq("poe")), select(Writer.id):where(Writer:longer(3)))
say(select(Writer.alias):where(Writer.alias:like("a%")):filter_by{ alias = "ap" })
say(select(Writer.initial), select(Writer.total:label("t")):order_by("t"))
say(session:execute(select(Writer.initial, Writer.alias, Writer.both)):all()[1]:as_dict())
session:expunge_all()
w = session:scalars(select(Writer):options(am.with_expression(Writer.asked, func.length(Writer.last)),
  am.with_expression(Writer.asked_or, Writer.nick))):one()
say(w.asked, w.asked_or)
step "update through hybrid"
session:execute(am.update(Writer):where(Writer.id:eq(1)):values{ [Writer.initial] = "U" })
say(w.first)
session:execute(am.update(Writer):where(Writer.word:eq("POE")):values{ alias = "new" })
say(w.nick)
session:rollback()
step "validates"
p.error(function() w.nick = "" end)
w.alias = " z "
say(w.nick, session.dirty)
session:rollback()

step "version"
local b = session:get(Book, 1)
say(b.version)
b.title = "x2"
session:flush()
say(b.version)
session:execute(am.text("UPDATE books SET version = 9 WHERE id = 1"))
b.title = "x3"
say(tostring(p.error(function() session:flush() end)):sub(1, 60))
session:rollback()
say(b.version, b.title)
session:delete(b)
session:execute(am.text("UPDATE books SET version = 9 WHERE id = 1"))
p.error(function() session:commit() end)
session:rollback()
session:close()

step "class over a join"
local ta = am.Table("account", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("name", am.String))
local tb = am.Table("contact", Base.metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("account_id", am.Integer, am.ForeignKey("account.id")), am.Column("mail", am.String))
local AccountContact = Base:model("AccountContact", {
  __table__ = am.join(ta, tb),
  id = am.column_property(ta.c.id, tb.c.account_id),
  contact_id = tb.c.id,
})
local upper = select(ta.c.id, func.upper(ta.c.name):label("loud")):where(ta.c.name:ne(nil)):subquery("loud_names")
local Loud = Base:model("Loud", { __table__ = upper, __mapper_args__ = { primary_key = { upper.c.id } } })
Base.metadata:create_all(e)
p.forget()
local ac = AccountContact{ name = "me", mail = "me@x" }
session:add(ac)
session:commit()
say(ac.id, ac.contact_id, ac.mail)
ac.name, ac.mail = "you", "you@x"
session:commit()
say(session:scalars(select(Loud.loud)):all(), session:scalars(select(AccountContact)):one() == ac)
session:delete(ac)
session:commit()

step "mixins"
local Common = {
  __tablename__ = am.declared_attr(function(cls) return cls.__name__:lower() .. "_tbl" end),
  id = am.Column(am.Integer, { primary_key = true }),
  writer_id = am.Column(am.ForeignKey("writers.id")),
  writer = am.declared_attr(function() return am.relationship("Writer") end),
  key = am.declared_attr(function(cls)
    return am.column_property(select(func.count(Writer.id)):where(Writer.id:eq(cls.writer_id)):scalar_subquery())
  end),
  __table_args__ = am.declared_attr(function(cls)
    return { am.UniqueConstraint("writer_id", { name = "uq_" .. cls.__name__ }) }
  end),
}
local Prize = Base:model("Prize", { __mixins__ = { Common }, year = am.Column(am.Integer) })
local Blog = Base:model("Blog", { __mixins__ = { Common }, url = am.Column(am.String) })
local function names(items) return p.map(items, function(x) return x.name end) end
say(Prize.__table__.name, names(am.columns(Prize.__table__)), Blog.__table__.name, names(am.columns(Blog.__table__)))
say(p.sorted(p.collect(Blog.__table__.constraints, function(c) return c.name end)))
say(select(Prize), select(Blog.id):join(Blog.writer))
local m = am.inspect(Writer)
local attrs = p.map(m.column_attrs, function(a) return a.key end)
say({ attrs[1], attrs[2], attrs[3] }, m.synonyms:keys(), m.relationships:keys())
p.sql()
