-- version_id_col and its generators, StaleDataError, row counts, server-side versions.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Page = Base:model("Page", {
  __tablename__ = "page",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(50)),
  version = am.Column(am.Integer, { nullable = false }),
  notes = am.relationship("Note", { cascade = "all, delete-orphan", order_by = "Note.id" }),
  __mapper_args__ = { version_id_col = "version" },
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(50)),
  page_id = am.Column(am.ForeignKey("page.id")),
})
local Lettered = Base:model("Lettered", {
  __tablename__ = "lettered",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(50)),
  rev = am.Column("revision", am.String(5), { nullable = false }),
  __mapper_args__ = {
    version_id_col = "rev",
    version_id_generator = function(v) return v == nil and "A" or string.char(v:byte() + 1) end,
  },
})
local Manual = Base:model("Manual", {
  __tablename__ = "manual",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(50)),
  stamp = am.Column(am.Integer, { nullable = false }),
  __mapper_args__ = { version_id_col = "stamp", version_id_generator = false },
})
local Loose = Base:model("Loose", {
  __tablename__ = "loose",
  id = am.Column(am.Integer, { primary_key = true }),
  body = am.Column(am.String(50)),
  __mapper_args__ = { confirm_deleted_rows = false },
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)
local update, delete, text, inspect = am.update, am.delete, am.text, am.inspect
local function flush() session:flush() end

step "counting up"
local a, b = Page{ title = "p" }, Page{ title = "q" }
session:add_all{ a, b }
session:flush()
say(a.version, b.version)
a.title = "P"
b.title = "Q"
session:flush()
say(a.version, inspect(a).attrs.version.history)
a.title = "P"
session:flush()
a.notes:append(Note{ body = "n" })
session:commit()
say(a.version)

step "stale update"
session:execute(text("update page set version = 9 where id = 1"))
a.title = "lost"
error_of(flush)
say(session.is_active)
error_of(function() session:get(Page, 1) end)
session:rollback()
say(a.title, a.version, session.is_active)

step "stale among several"
say(b.title)
session:execute(text("update page set version = 9 where id = 2"))
a.title, b.title = "p2", "q2"
error_of(flush)
session:rollback()

step "stale delete"
say(a.version, b.version)
session:execute(text("delete from page where id = 2"))
session:delete(b)
error_of(flush)
session:rollback()
say(inspect(b).persistent)

step "the row is gone"
say(a.title)
session:execute(text("delete from note"))
session:execute(text("delete from page where id = 1"))
a.title = "gone"
error_of(function() session:commit() end)
session:rollback()

step "locks check the version"
say(a.version)
session:execute(text("update page set version = 20 where id = 1"))
error_of(function() session:refresh(a, { with_for_update = true }) end)
say(a.version)
session:rollback()

step "update and delete statements do not count"
session:execute(update(Page):where(Page.id:eq(1)):values{ title = "stmt" })
say(a.title, a.version)
session:execute(update(Page):where(Page.id:eq(1)):values{ title = "stmt", version = Page.version + 1 })
say(a.version)
a.title = "again"
session:commit()
say(a.version)
session:execute(delete(Page):where(Page.id:eq(2)))
session:rollback()

step "a generator of one's own"
local letter = Lettered{ body = "a" }
session:add(letter)
session:commit()
say(letter.rev)
letter.body = "b"
session:commit()
say(letter.rev)
session:delete(letter)
session:commit()

step "versions by hand"
local m = Manual{ body = "m", stamp = 5 }
session:add(m)
session:commit()
m.body = "m2"
session:commit()
say(m.stamp)
m.body, m.stamp = "m3", 50
session:commit()
say(m.stamp)
session:execute(text("update manual set stamp = 51"))
m.body = "m4"
error_of(flush)
session:rollback()

step "without versions: rows that vanished"
local x, y = Loose{ body = "a" }, Loose{ body = "b" }
session:add_all{ x, y }
session:commit()
say(x.body, y.body)
session:execute(text("delete from loose where id = 1"))
x.body = "x"
error_of(flush)
session:rollback()
say(x.body, y.body)
session:execute(text("delete from loose where id = 1"))
session:delete(x)
error_of(flush)
session:rollback()
p.sql()

step "expected version given"
a = session:get(Page, 1)
a.version = 99
a.title = "forged"
error_of(flush)
session:rollback()
session:close()
p.sql()
