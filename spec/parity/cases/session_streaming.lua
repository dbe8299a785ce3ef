-- Streams: yield_per, partitions, stream_results, unique, frozen results, results left in the middle.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Song = Base:model("Song", {
  __tablename__ = "song",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(20)),
  plays = am.Column(am.Integer),
  tags = am.relationship("Tag", { order_by = "Tag.id" }),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(20)),
  song_id = am.Column(am.ForeignKey("song.id")),
})

local e = p.engine()
Base.metadata:create_all(e)
local session = am.Session(e)
for i = 1, 7 do
  session:add(Song{ id = i, title = ("s%d"):format(i), plays = i * 10, tags = { Tag{ word = ("t%d"):format(i) } } })
end
session:commit()
p.forget()
local select = am.select
local stmt = select(Song):order_by(Song.id)

local function gather(iterator, fn)
  local list = {}
  for item in iterator do list[#list + 1] = fn(item) end
  return list
end
local function map(list, fn)
  local out = {}
  for i, item in ipairs(list) do out[i] = fn(item) end
  return out
end
local function id(song) return song.id end
local function ids(part) return map(part, id) end
local function with(options) return { execution_options = options } end

step "yield_per"
say(gather(session:scalars(stmt:execution_options{ yield_per = 3 }), id))
say(gather(session:scalars(stmt, nil, with{ yield_per = 3 }):partitions(), ids))
say(gather(session:execute(select(Song.id):order_by(Song.id)):partitions(4), ids))
say(gather(session:execute(stmt):yield_per(5):partitions(), function(part)
  return map(part, function(row) return row[1].title end)
end))

step "yield_per and eager loading"
session:expunge_all()
for part in session:scalars(stmt:options(am.selectinload(Song.tags)), nil, with{ yield_per = 4 }):partitions() do
  say(map(part, function(s) return { s.id, map(s.tags, function(t) return t.word end) } end))
end
p.sql()
error_of(function() session:scalars(stmt:options(am.joinedload(Song.tags)), nil, with{ yield_per = 4 }):all() end)
error_of(function() session:scalars(stmt:options(am.subqueryload(Song.tags)), nil, with{ yield_per = 4 }):all() end)
p.forget()

step "joined collections need unique()"
error_of(function() session:scalars(stmt:options(am.joinedload(Song.tags))):all() end)
say(gather(session:scalars(stmt:options(am.joinedload(Song.tags)):limit(2)):unique(), id))
p.forget()

step "one row at a time"
local r = session:execute(select(Song.id, Song.title):order_by(Song.id), nil, with{ stream_results = true })
say(r:fetchone(), r:first())
error_of(function() r:fetchone() end)
r = session:execute(select(Song.id, Song.title:label("name")):order_by(Song.id):limit(3))
say(r:keys(), r:mappings():all())
r = session:execute(select(Song.id, Song.title):order_by(Song.id):limit(3))
say(r:columns("title"):all(), r:all())
r = session:execute(select(Song.plays % 3, Song.id):order_by(Song.id))
say(r:unique(function(row) return row[1] end):all())
say(session:scalars(select(Song.plays % 3):order_by(Song.id)):unique():all())
say(gather(session:execute(select(Song.id, Song.title):order_by(Song.id):limit(2)):tuples(),
  function(row) return row end))

step "left in the middle"
r = session:scalars(stmt, nil, with{ yield_per = 2 })
say(r().id, r().id)
r:close()
say(r.closed)
error_of(function() r:all() end)
r = session:scalars(stmt, nil, with{ yield_per = 2 })
local first = r()
session:expunge_all()
say(am.inspect(first).detached)
r:close()
r = session:execute(stmt)
say(r:scalars():first().id)
r:close()
error_of(function() r:all() end)

step "frozen"
local frozen = session:execute(select(Song.id, Song.title):order_by(Song.id):limit(2)):freeze()
say(frozen():all(), frozen():scalars("title"):all(), frozen():first())
p.sql()

step "exactly one"
local nobody = select(Song):where(Song.id:eq(99))
error_of(function() session:execute(stmt):one() end)
error_of(function() session:scalars(nobody):one() end)
say(session:scalars(nobody):one_or_none(), session:scalars(nobody):first())
error_of(function() session:execute(select(Song.id):where(Song.id:eq(99))):scalar_one() end)
say(session:execute(select(Song.id):where(Song.id:eq(99))):scalar_one_or_none(),
  session:scalar(select(am.func.max(Song.plays))))
say(session:execute(select(Song.id, Song.title):where(Song.id:eq(2))):one():as_dict())
error_of(function() session:execute(select(Song.id):order_by(Song.id)):scalar_one_or_none() end)
p.forget()
session:close()
