-- do_orm_execute and with_loader_criteria: soft deletion, tenancy, inspection, rewriting and replacing of results.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select
local event, text, update, delete = am.event, am.text, am.update, am.delete

local Base = am.declarative_base()
local SoftDelete = { deleted = Column(am.Boolean, { default = false, nullable = false }) }
local Tenant = { tenant = Column(Integer, { nullable = false }) }
local Author = Base:model("Author", {
  __mixins__ = { SoftDelete, Tenant },
  __tablename__ = "author",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  books = am.relationship("Book", { back_populates = "author", order_by = "Book.id" }),
})
local Book = Base:model("Book", {
  __mixins__ = { SoftDelete },
  __tablename__ = "book",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  author_id = Column(ForeignKey("author.id")),
  author = am.relationship("Author", { back_populates = "books" }),
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
local function title(x) return x.title end

local e = p.engine()
Base.metadata:create_all(e)
local Maker = am.sessionmaker(e)
Maker:begin(function(s)
  for i = 1, 3 do
    s:add(Author{ name = "a" .. i, tenant = i % 2, deleted = i == 3, books = {
      Book{ title = "t" .. i }, Book{ title = "u" .. i, deleted = true } } })
  end
end)
p.forget()
step "what a listener sees"
local function look(st)
  say(" ", st.is_select, st.is_insert, st.is_update, st.is_delete, st.is_orm_statement,
    st.is_select and st.is_column_load, st.is_select and st.is_relationship_load, st.is_select and st.is_from_statement,
    st.is_executemany, st.bind_mapper and st.bind_mapper.class_,
    map(st.all_mappers, function(m) return m.class_.__name__ end), st.is_select and st.lazy_loaded_from ~= nil)
end
event.listen(Maker, "do_orm_execute", look)
local s = Maker()
local a = s:scalars(select(Author):order_by(Author.id):options(am.selectinload(Author.books))):first()
local b = s:get(Book, 3)
say(b.author.name)
s:expire(a)
say(a.name)
s:execute(select(Author.name, Book.title):join(Author.books)):all()
s:execute(select(Author.__table__.c.id)):all()
s:execute(text("select 1"))
s:execute(update(Book):where(Book.id:eq(6)):values{ title = "six" })
s:execute(delete(Book):where(Book.id:eq(6)))
s:execute(am.insert(Book), { { title = "n1", deleted = false }, { title = "n2", deleted = false } })
s:query(Author):filter_by{ id = 1 }:one()
s:refresh(a)
s:scalars(select(Author):from_statement(text("select * from author order by id"))):all()
s:rollback()
s:close()
event.remove(Maker, "do_orm_execute", look)
p.forget()
step "soft deletion"
event.listen(Maker, "do_orm_execute", function(st)
  if st.is_select and not st.is_column_load and not st.is_relationship_load and not st.execution_options.all then
    st.statement = st.statement:options(am.with_loader_criteria(SoftDelete,
      function(cls) return cls.deleted:eq(am.false_()) end, { include_aliases = true }))
  end
end)
s = Maker()
say(map(s:scalars(select(Author):order_by(Author.id)):all(), name))
p.sql()
a = s:get(Author, 1)
say(map(a.books, title))
p.sql()
say(s:get(Author, 3))
p.sql()
s:expunge_all()
say(map(s:scalars(select(Author):options(am.joinedload(Author.books)):order_by(Author.id)):unique():all(),
  function(x) return { x.name, map(x.books, title) } end))
p.sql()
say(s:execute(select(Author.name, Book.title):outerjoin(Author.books):order_by(Book.id)):all())
p.sql()
local x = am.aliased(Book)
say(s:scalars(select(x.title):order_by(x.id)):all())
p.sql()
say(s:scalar(select(am.func.count()):select_from(Book)))
p.sql()
say(s:scalars(select(Author.name):where(Author.books:any(Book.title:eq("u1")))):all())
p.sql()
say(#s:scalars(select(Author), nil, { execution_options = { all = true } }):all())
p.sql()
s:close()
step "tenancy"
local T = am.sessionmaker(e, { info = { tenant = 1 } })
event.listen(T, "do_orm_execute", function(st)
  local tenant = st.session.info.tenant
  if st.is_select or st.is_update or st.is_delete then
    st.statement = st.statement:options(am.with_loader_criteria(Author,
      function(cls) return cls.tenant:eq(tenant) end))
  end
end)
T(function(t)
  say(map(t:scalars(select(Author):order_by(Author.id)):all(), name))
  p.sql()
  say(t:get(Author, 2))
  t.info.tenant = 0
  say(map(t:scalars(select(Author):order_by(Author.id)):all(), name))
  say(t:execute(update(Author):values{ name = "zero" }).rowcount)
  p.sql()
  say(t:execute(delete(Author):where(Author.name:eq("none")), nil,
    { execution_options = { synchronize_session = false } }).rowcount)
  local book = t:scalars(select(Book):where(Book.id:eq(1))):one()
  say(book.author)
  p.sql()
end)
step "criteria by hand"
am.Session(e, function(session)
  local crit = am.with_loader_criteria(Book, Book.title:like("t%"))
  local stmt = select(Author):options(crit, am.selectinload(Author.books)):order_by(Author.id)
  local author = session:scalars(stmt):first()
  say(map(author.books, title))
  p.sql()
  session:expire(author)
  say(map(author.books, title))
  p.sql()
  p.error(function()
    session:scalars(select(Author):options(am.with_loader_criteria(Author, "x")):order_by(Author.id)):all()
  end)
end)
step "invoke and replace"
local R = am.sessionmaker(e)
event.listen(R, "do_orm_execute", function(st)
  if st.execution_options.cached then
    local frozen = st:invoke_statement{ execution_options = { yield_per = 2 } }:freeze()
    say("rows", #frozen():all())
    return frozen()
  end
  if st.is_select and st.execution_options.more then
    st:update_execution_options{ seen = true }
    say(st.execution_options.seen, st.local_execution_options.seen, st.parameters)
  end
end)
R(function(r)
  say(map(r:scalars(select(Author):order_by(Author.id), nil, { execution_options = { cached = true } }):all(), name))
  say(r:scalars(select(Author.name):where(Author.id:eq(am.bindparam("i"))), { i = 2 },
    { execution_options = { more = true } }):all())
end)
p.sql()
