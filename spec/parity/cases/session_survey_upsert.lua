-- Upserts into objects, bulk work with defaults and server values, RETURNING in every place, and legacy bulk calls.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local select, insert, update, delete, func = am.select, am.insert, am.update, am.delete, am.func
local Column, String, Integer = am.Column, am.String, am.Integer

local Base = am.declarative_base()

local Reply = Base:model("Reply", {
  __tablename__ = "reply",
  id = Column(Integer, { primary_key = true }),
  who = Column(String(20), { unique = true }),
  score = Column(Integer, { default = 0 }),
  rank = Column(Integer, { server_default = "1" }),
  tries = Column(Integer, { default = 1, onupdate = function() return 9 end }),
  answers = am.relationship("Answer", { back_populates = "reply", order_by = "Answer.id" }),
})

local Answer = Base:model("Answer", {
  __tablename__ = "answer",
  id = Column(Integer, { primary_key = true }),
  text_ = Column("text", String(20)),
  reply_id = Column(am.ForeignKey "reply.id"),
  reply = am.relationship(Reply, { back_populates = "answers" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local upsert = e.dialect.name == "postgresql" and am.postgresql.insert or am.sqlite.insert
local s = am.Session(e)

local function replies()
  return s:execute(select(Reply.who, Reply.score, Reply.rank, Reply.tries):order_by(Reply.id)):all()
end

step "objects come back"
local ann = s:scalars(insert(Reply):values({ who = "Ann", score = 3 }):returning(Reply)):one()
say(s:contains(ann), am.inspect(ann).persistent, ann.score, ann.rank, ann.tries)
step "upsert refreshes what is there"
local stmt = upsert(Reply):values { { who = "Ann", score = 8 }, { who = "Bob", score = 2 } }
stmt = stmt:on_conflict_do_update({ index_elements = { Reply.who }, set_ = { score = stmt.excluded.score } })
  :returning(Reply)
local got = s:scalars(stmt, nil, { execution_options = { populate_existing = true } }):all()
say(p.sorted(p.map(got, function(r) return { r.who, r.score } end)), ann.score, got[1] == ann or got[2] == ann)
step "without refresh"
stmt = upsert(Reply):values { who = "Ann", score = 20 }
stmt = stmt:on_conflict_do_update { index_elements = { "who" }, set_ = { score = Reply.score + stmt.excluded.score },
  where = Reply.score:lt(50) }
say(s:scalars(stmt:returning(Reply)):one() == ann, ann.score)
s:refresh(ann)
say(ann.score)
say(s:execute(stmt:returning(Reply.score)):all(),
  s:execute(upsert(Reply):values({ who = "Ann", score = 1 }):on_conflict_do_nothing():returning(Reply.id)):all())
step "the table"
say(replies())
step "many parameter sets"
local rows = s:execute(insert(Reply):returning(Reply.who, Reply.id, Reply.rank),
  { { who = "Cy" }, { who = "Di", score = 5 }, { who = "Ed" } }):all()
say(p.sorted(p.map(rows, function(r) return r.who end)), p.sorted(p.map(rows, function(r) return r.rank end)))
local bob = s:scalars(select(Reply):where(Reply.who:eq "Bob")):one()
s:execute(insert(Answer), { { text_ = "yes", reply_id = bob.id }, { text_ = "no", reply_id = ann.id } })
say(p.map(bob.answers, function(a) return a.text_ end))
step "from a select of entities"
local src = select(Reply.who .. "_2", Reply.score):where(Reply.score:gt(4)):order_by(Reply.id)
s:execute(insert(Reply):from_select({ "who", "score" }, src))
say(replies())
step "update of joined rows"
local sub = select(Answer.reply_id):where(Answer.text_:eq "yes")
say(s:execute(update(Reply):where(Reply.id:in_(sub)):values { score = 77 }).rowcount, bob.score)
say(s:execute(update(Reply):where(Reply.answers:any { text_ = "no" }):values({ rank = 4 })
  :returning(Reply.who, Reply.rank)):all(), ann.rank)
step "correlated"
local count = select(func.count(Answer.id)):where(Answer.reply_id:eq(Reply.id)):scalar_subquery()
s:execute(update(Reply):values { rank = count }, nil, { execution_options = { synchronize_session = "fetch" } })
say(ann.rank, bob.rank)
step "ordered values"
s:execute(update(Reply):where(Reply.who:eq "Cy"):ordered_values({ Reply.score, 1 }, { Reply.rank, Reply.score + 1 }))
say(s:execute(select(Reply.score, Reply.rank):where(Reply.who:eq "Cy")):one())
step "delete with a subquery"
say(s:execute(delete(Answer):where(Answer.reply_id:in_(select(Reply.id):where(Reply.who:eq "Ann")))
  :returning(Answer.text_)):all())
say(s:execute(delete(Answer):where(Answer.reply_id:in_(select(Reply.id)))).rowcount, #bob.answers)
s:expire(bob)
say(#bob.answers)
s:commit()
step "legacy bulk"
local objs = { Reply { who = "Fy" }, Reply { who = "Gus", score = 6 } }
s:bulk_save_objects(objs)
say(objs[1].id, am.inspect(objs[1]).transient)
s:bulk_save_objects({ Reply { who = "Hy" } }, { return_defaults = true })
local maps = { { who = "Iva" }, { who = "Jo", score = 1 } }
s:bulk_insert_mappings(Reply, maps, { return_defaults = true })
say(p.map(maps, function(m) return m.id ~= nil end), maps[1].score)
s:bulk_update_mappings(Reply, { { id = ann.id, score = 1 }, { id = bob.id, score = 2 } })
say(ann.score, bob.score)
p.error(function() s:bulk_update_mappings(Reply, { { score = 1 } }) end)
s:rollback()
step "errors"
p.error(function() s:execute(insert(Reply):returning(Reply), { { who = "Zoe", nope = 1 } }):all() end)
p.error(function() s:execute(update(Reply):values { nope = 1 }) end)
p.error(function() s:execute(insert(Reply), { { who = "Ann" } }) end)
s:rollback()
say(s:scalar(select(func.count(Reply.id))))
s:close()
p.sql()
