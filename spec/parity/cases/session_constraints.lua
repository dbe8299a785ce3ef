-- Violations of every kind of constraint in flush, bulk, ORM-enabled DML, savepoints and at commit; what is left of
-- objects and rows.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, err = p.say, p.step, p.sql, p.error
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, insert, update, delete, text = am.select, am.insert, am.update, am.delete, am.text

local Base = am.declarative_base()
local Team = Base:model("Team", {
  __tablename__ = "team",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(10), { unique = true, nullable = false }),
  rank = Column(Integer, am.CheckConstraint("rank > 0", { name = "ck_rank" })),
  lead_id = Column(ForeignKey("player.id",
    { name = "fk_lead", deferrable = true, initially = "DEFERRED", use_alter = true })),
  players = am.relationship("Player",
    { back_populates = "team", foreign_keys = "Player.team_id", passive_deletes = "all", order_by = "Player.id" }),
})
local Player = Base:model("Player", {
  __tablename__ = "player",
  id = Column(Integer, { primary_key = true }),
  nick = Column(String(10), { nullable = false }),
  team_id = Column(ForeignKey("team.id"), { nullable = false }),
  team = am.relationship("Team", { back_populates = "players", foreign_keys = "Player.team_id" }),
})

local e = p.engine()
if p.is_postgresql then
  Base.metadata:create_all(e)
else
  am.event.listen(e, "connect", function(c) c:execute("PRAGMA foreign_keys = ON") end)
  e:begin(function(c)
    c:exec_driver_sql("CREATE TABLE team (id INTEGER PRIMARY KEY, name VARCHAR(10) NOT NULL UNIQUE, rank INTEGER "
      .. "CONSTRAINT ck_rank CHECK (rank > 0), lead_id INTEGER REFERENCES player (id) DEFERRABLE INITIALLY DEFERRED)")
    c:exec_driver_sql("CREATE TABLE player (id INTEGER PRIMARY KEY, nick VARCHAR(10) NOT NULL, "
      .. "team_id INTEGER NOT NULL REFERENCES team (id))")
  end)
end
am.Session(e, function(s)
  s:add_all{ Team{ id = 1, name = "red", rank = 1 }, Team{ id = 2, name = "blue", rank = 2 } }
  s:flush()
  s:add_all{ Player{ id = 1, nick = "ann", team_id = 1 }, Player{ id = 2, nick = "bob", team_id = 1 } }
  if p.is_postgresql then s:execute(text "select setval('team_id_seq', 100), setval('player_id_seq', 100)") end
  s:commit()
end)
p.forget()

local function state(o)
  local i = am.inspect(o)
  return p.collect({ "transient", "pending", "persistent", "deleted", "detached" },
    function(n) return i[n] and n or nil end)
end
local function rows(s)
  say(s:execute(select(Team.name, Team.rank, Team.lead_id):order_by(Team.name)):all())
  say(s:execute(select(Player.nick, Player.team_id):order_by(Player.nick)):all())
end
local function shape(x)
  if x and x:is(am.exc.StatementError) then
    say(x:is(am.exc.DBAPIError), x:is(am.exc.DatabaseError), x.orig ~= nil, x.statement ~= nil)
  end
end
local function inside(s, fn)
  s:begin_nested(function() fn(s) end)
end

local kinds = {
  { "unique", function(s)
    s:add(Team{ name = "red" })
    s:flush()
  end },
  { "not null", function(s)
    s:add(Team{ rank = 3 })
    s:flush()
  end },
  { "check", function(s)
    s:get(Team, 1).rank = -1
    s:flush()
  end },
  { "foreign", function(s)
    s:add(Player{ nick = "cy", team_id = 99 })
    s:flush()
  end },
  { "deferred", function(s)
    s:get(Team, 1).lead_id = 77
    s:flush()
    say "flushed"
  end },
  { "parent", function(s)
    s:delete(s:get(Team, 1))
    s:flush()
  end },
  { "nullify", function(s)
    s:get(Player, 1).team = nil
    s:flush()
  end },
  { "mixed", function(s)
    s:add_all{ Team{ name = "new", rank = 5 }, Team{ name = "blue" }, Player{ nick = "dd", team_id = 1 } }
    s:get(Player, 2).nick = "bobby"
    s:flush()
  end },
  { "same key", function(s)
    local held = s:get(Team, 1)
    s:add(Team{ id = held and 1, name = "other" })
    s:flush()
  end },
  { "same key unknown", function(s)
    s:add(Team{ id = 2, name = "other" })
    s:flush()
  end },
  { "autoflush", function(s)
    s:add(Team{ name = "red" })
    s:scalars(select(Player)):all()
  end },
  { "bulk objects", function(s) s:bulk_save_objects{ Team{ name = "g" }, Team{ name = "red" } } end },
  { "bulk insert", function(s) s:bulk_insert_mappings(Team, { { name = "g" }, { name = "g" } }) end },
  { "bulk update", function(s) s:bulk_update_mappings(Team, { { id = 1, rank = 4 }, { id = 2, rank = 0 } }) end },
  { "orm insert", function(s)
    s:scalars(insert(Team):returning(Team), { { name = "h" }, { name = "blue" } }):all()
  end },
  { "orm update", function(s) s:execute(update(Team):values{ name = "one" }) end },
  { "orm delete", function(s) s:execute(delete(Team):where(Team.id:eq(1))) end },
  { "by key", function(s) s:execute(update(Team), { { id = 1, rank = -4 } }) end },
  { "bad column", function(s) s:execute(text "select nothing from team") end },
}
for _, kind in ipairs(kinds) do
  local title, fn = kind[1], kind[2]
  step(title)
  local s = am.Session(e)
  local x = err(function() fn(s) end)
  shape(x)
  sql()
  say(s.is_active, s:in_transaction(), #s.new, #s.dirty, #s.deleted)
  err(function() s:commit() end)
  say(s.is_active, s:in_transaction())
  err(function() s:rollback() end)
  rows(s)
  s:close()
  step(title .. " in a savepoint")
  s = am.Session(e)
  local keep = Team{ name = "keep", rank = 9 }
  s:add(keep)
  local red = s:get(Team, 1)
  red.rank = 10
  err(function() inside(s, fn) end)
  say(s.is_active, s:in_transaction(), s:in_nested_transaction(), state(keep), am.inspect(red).dict.rank, #s.new,
    #s.dirty)
  err(function() rows(s) end)
  err(function() s:commit() end)
  s:rollback()
  rows(s)
  s:close()
  am.Session(e, function(t)
    t:execute(delete(Team):where(Team.name:eq("keep")))
    t:execute(update(Team):where(Team.id:eq(1)):values{ rank = 1, lead_id = am.null })
    t:commit()
  end)
  p.forget()
end
