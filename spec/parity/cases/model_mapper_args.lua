-- Mapper arguments: another primary key, version ids, polymorphic_on of an expression, batch, listeners, several bases.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error
local select = am.select

local Base = am.declarative_base()
local view = am.Table("view", Base.metadata, am.Column("a", am.Integer), am.Column("b", am.Integer),
  am.Column("note", am.String(10)))
local View = Base:model("View", {
  __table__ = view,
  __mapper_args__ = { primary_key = { view.c.a, view.c.b }, properties = { remark = am.synonym("note") } },
})
local doc_id = am.Column(am.Integer, { primary_key = true })
local rev = am.Column("revision", am.Integer, { nullable = false })
local Doc = Base:model("Doc", {
  __tablename__ = "docs",
  id = doc_id,
  rev = rev,
  text = am.Column(am.String(10)),
  __mapper_args__ = { version_id_col = rev },
})
local Stamped = Base:model("Stamped", {
  __tablename__ = "stamped",
  id = am.Column(am.Integer, { primary_key = true }),
  etag = am.Column(am.String(10), { nullable = false }),
  text = am.Column(am.String(10)),
  __mapper_args__ = { version_id_col = "etag", version_id_generator = function(v)
    return ("v%d"):format(tonumber((v or "v0"):sub(2)) + 1)
  end },
})
local thing_id, weight = am.Column(am.Integer, { primary_key = true }), am.Column(am.Integer)
local Thing = Base:model("Thing", {
  __tablename__ = "things",
  id = thing_id,
  weight = weight,
  __mapper_args__ = { polymorphic_on = am.case({ weight:gt(10), "heavy" }, { else_ = "light" }),
    polymorphic_identity = "light", batch = false },
})
local Heavy = Base:model("Heavy", { __extends__ = Thing, __mapper_args__ = { polymorphic_identity = "heavy" } })
local Other = am.declarative_base()
local OtherDoc = Other:model("OtherDoc", {
  __tablename__ = "docs",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(10)),
  __mapper_args__ = { confirm_deleted_rows = false, include_properties = { "id", "title" } },
})

local function names(columns)
  local out = {}
  for i, column in ipairs(columns) do out[i] = column.name end
  return out
end
local function keys(tables)
  local out = {}
  for name in pairs(tables) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
say(names(am.inspect(View).primary_key), am.inspect(Doc).version_id_col, am.inspect(Thing).batch)
say(Base.metadata == Other.metadata, Doc.__table__ == OtherDoc.__table__, keys(Other.metadata.tables))
say(select(Thing), select(Heavy))
am.event.listen(Thing, "before_insert", function(_, _, t) say("before", t.weight) end)
am.event.listen(Thing, "after_insert", function(_, _, t) say("after", t.weight) end)
local s = am.Session(e)
step "another primary key"
s:add_all{ View{ a = 1, b = 1, note = "x" }, View{ a = 1, b = 2, remark = "y" } }
s:flush()
say(s:get(View, { 1, 2 }).note, am.inspect(s:get(View, { 1, 1 })).identity)
step "versions"
local d = Doc{ text = "one" }
s:add(d)
s:commit()
say(d.rev)
d.text = "two"
s:flush()
say(d.rev)
step "version of an unchanged object"
s:commit()
d.text = "two"
s:flush()
say(d.rev)
step "stale"
s:execute(am.update(Doc.__table__):values{ revision = 9 })
d.text = "three"
error_of(function() s:flush() end)
s:rollback()
step "stale delete"
s:execute(am.update(Doc.__table__):values{ revision = 9 })
s:delete(d)
error_of(function() s:flush() end)
s:rollback()
step "a generator"
local t = Stamped{ text = "a" }
s:add(t)
s:flush()
t.text = "b"
s:flush()
say(t.etag)
step "polymorphic expression"
s:add_all{ Thing{ weight = 1 }, Thing{ weight = 20 }, Thing{ weight = 3 } }
s:commit()
s:expunge_all()
for thing in s:scalars(select(Thing):order_by(Thing.id)) do say(thing, thing.weight) end
say(s:scalars(select(Heavy.weight)):all())
p.sql()
s:close()
