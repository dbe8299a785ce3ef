-- Optimistic locks: counters, generators of one's own, versions of the server, and what a lost race raises.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()
local codes = ("abcdefghijklmnop"):gmatch "."

local id, title, version = Column(Integer, { primary_key = true }), Column(String(20)),
  Column(Integer, { nullable = false })
local Article = Base:model("Article", {
  __tablename__ = "article",
  id = id,
  title = title,
  version = version,
  notes = am.relationship("Note", { back_populates = "article", cascade = "all, delete-orphan", order_by = "Note.id" }),
  __mapper_args__ = { version_id_col = version },
})

local note_id, body, stamp = Column(Integer, { primary_key = true }), Column(String(20)),
  Column(String(5), { nullable = false })
local Note = Base:model("Note", {
  __tablename__ = "note",
  id = note_id,
  body = body,
  stamp = stamp,
  article_id = Column(am.ForeignKey "article.id"),
  article = am.relationship(Article, { back_populates = "notes" }),
  __mapper_args__ = { version_id_col = stamp, version_id_generator = function(old)
    return codes() .. (old or ""):sub(1, 1)
  end },
})

local manual_id, text, rev = Column(Integer, { primary_key = true }), Column(String(20)),
  Column(Integer, { nullable = false })
local Manual = Base:model("Manual", {
  __tablename__ = "manual",
  id = manual_id,
  body = text,
  rev = rev,
  __mapper_args__ = { version_id_col = rev, version_id_generator = false },
})

local function stamps(items) return p.map(items, function(n) return n.stamp end) end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local s = am.Session(e)
local a = Article { title = "Owl", notes = { Note { body = "one" }, Note { body = "two" } } }
s:add(a)
s:commit()
step "versions"
say(a.version, stamps(a.notes))
a.title = "Owls"
a.notes[1].body = "uno"
s:flush()
say(a.version, stamps(a.notes))
s:commit()
step "nothing changed, no new version"
a.title = "Owls"
s:commit()
say(a.version)
step "a collection alone does not count"
a.notes:append(Note { body = "three" })
s:commit()
say(a.version)
step "lost update"
s:execute(am.update(Article):where(Article.id:eq(a.id)):values { version = Article.version + 5 }, nil,
  { execution_options = { synchronize_session = false } })
a.title = "Lost"
local err = p.error(function() s:flush() end)
say(tostring(err):find("article", 1, true) ~= nil, tostring(err):find("0 were matched", 1, true) ~= nil)
s:rollback()
say(a.title, a.version)
step "lost delete"
s:execute(am.text "update article set version = 40")
s:delete(a)
p.error(function() s:flush() end)
s:rollback()
step "row gone"
local n = a.notes[3]
local _ = n.body
s:execute(am.text("delete from note where id = " .. n.id))
n.body = "ghost"
p.error(function() s:commit() end)
s:rollback()
step "many rows, one lost"
for _, x in ipairs(a.notes) do x.body = x.body .. "!" end
s:connection():exec_driver_sql "update note set stamp = 'zz' where body = 'two'"
p.error(function() s:flush() end)
s:rollback()
say(p.map(a.notes, function(x) return { x.body, x.stamp } end))
step "the program counts"
local m = Manual { body = "x", rev = 1 }
s:add(m)
s:commit()
m.body = "y"
m.rev = 2
s:commit()
say(m.rev)
m.body = "z"
s:flush()
say(m.rev)
s:commit()
step "locked read"
say(s:get(Article, a.id, { with_for_update = true }).version)
step "merge checks the version"
s:rollback()
s:expunge_all()
local stale = Article { id = 1, title = "Merged", version = 1 }
p.error(function() s:merge(stale) end)
s:rollback()
local good = s:merge(Article { id = 1, title = "Merged", version = s:scalar(select(Article.version)) })
s:commit()
say(good.title, good.version)
step "bulk update counts too"
s:execute(am.update(Article):values { title = "Bulk" })
s:commit()
say(good.title, good.version)
step "two sessions"
local mine = s:get(Article, 1)
_ = mine.title
s:commit()
am.Session(e, function(t)
  t:get(Article, 1).title = "Theirs"
  t:commit()
end)
s:expire_all()
mine.title = mine.title .. " and mine"
s:commit()
say(mine.title, mine.version)
s:close()
p.sql()
