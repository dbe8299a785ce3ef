-- The events of a session in their order, through add, flush, commit, rollback, delete, expunge and close.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step

local Base = am.declarative_base()
local Artist = Base:model("Artist", {
  __tablename__ = "artist",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50), { nullable = false }),
  albums = am.relationship("Album", {
    back_populates = "artist", cascade = "all, delete-orphan", order_by = "Album.id",
  }),
})
local Album = Base:model("Album", {
  __tablename__ = "album",
  id = am.Column(am.Integer, { primary_key = true }),
  title = am.Column(am.String(50)),
  artist_id = am.Column(am.ForeignKey("artist.id")),
  artist = am.relationship("Artist", { back_populates = "albums" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local session = am.Session(e)

local function label(o)
  local state = am.inspect(o)
  return state.class_.__name__ .. ":" .. (state.dict.name or state.dict.title or "?")
end

for _, name in ipairs {
  "transient_to_pending", "pending_to_transient", "pending_to_persistent", "persistent_to_transient",
  "persistent_to_deleted", "deleted_to_persistent", "deleted_to_detached", "persistent_to_detached",
  "detached_to_persistent", "loaded_as_persistent",
} do
  am.event.listen(session, name, function(_, o)
    if am.inspect(o).mapper == Artist.__mapper__ then say("  *", name, label(o)) end
  end)
end
local function listen(name, what)
  am.event.listen(session, name, function(...) say("  * " .. name, what(...)) end)
end
local function nothing() end
local function nested_of(_, t) return t.nested end
local function counts(s) return #s.new, #s.dirty, #s.deleted end
listen("before_attach", function(_, o) return label(o) end)
listen("after_attach", function(_, o) return label(o) end)
listen("after_begin", nested_of)
listen("after_transaction_create", nested_of)
listen("after_transaction_end", nested_of)
listen("before_commit", nothing)
listen("after_commit", nothing)
listen("after_rollback", nothing)
listen("after_soft_rollback", nested_of)
listen("before_flush", counts)
listen("after_flush", counts)
listen("after_flush_postexec", function(s) return #s.new, #s.dirty end)

step "add"
local nina = Artist{ name = "nina", albums = { Album{ title = "one" } } }
session:add(nina)
step "flush"
session:flush()
step "expunge a pending object"
local ray = Artist{ name = "ray" }
session:add(ray)
session:expunge(ray)
say(am.inspect(ray).transient)
step "rollback of new objects"
session:rollback()
say(am.inspect(nina).transient, nina.id, nina.name)
step "commit"
session:add(nina)
session:commit()
local titles = {}
local nina_name = nina.name
for i, a in ipairs(nina.albums) do titles[i] = a.title end
say(nina_name, titles)
step "delete, flush, rollback"
session:delete(nina)
session:flush()
say(am.inspect(nina).deleted)
session:rollback()
say(am.inspect(nina).persistent)
step "savepoint rolled back"
local nested = session:begin_nested()
nested.session:add(Artist{ name = "sp" })
nested:rollback()
step "savepoint kept"
session:begin_nested(function() session:add(Artist{ name = "kept" }) end)
step "delete and commit"
session:delete(nina)
session:commit()
say(am.inspect(nina).detached, am.inspect(nina).was_deleted)
step "expunge and add again"
local kept = session:scalars(am.select(Artist)):one()
session:expunge(kept)
session:add(kept)
say(am.inspect(kept).persistent)
step "close"
session:close()
say(am.inspect(kept).detached, session:in_transaction())
p.sql()
