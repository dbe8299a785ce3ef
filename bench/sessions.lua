--- Many sessions, one after another: does memory grow? Each adds an object, changes another, asks and rolls back or
-- commits.
--
--   lua5.4 bench/sessions.lua [1000000]
--
-- Prints Lua's and the process's memory at every tenth of the way, in KiB; fails (exit 1) if the last tenth needs more
-- than the second one by over two percent and 200 KiB.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/lib/?.lua;" .. package.path
local bench = require "bench"
local am = require "alchemoon"

local count = tonumber(arg[1]) or 1000000
local Base = am.declarative_base()
local Item = Base:model("Item", { __tablename__ = "items", id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String), size = am.Column(am.Integer),
  parts = am.relationship("Part", { back_populates = "item", cascade = "all, delete-orphan" }) })
local Part = Base:model("Part", { __tablename__ = "parts", id = am.Column(am.Integer, { primary_key = true }),
  item_id = am.Column(am.Integer, am.ForeignKey("items.id")), label = am.Column(am.String),
  item = am.relationship("Item", { back_populates = "parts" }) })
local engine = am.create_engine("sqlite://")
Base.metadata:create_all(engine)
am.Session(engine):begin(function(session)
  for i = 1, 100 do session:add(Item{ id = i, name = "item " .. i, size = 0 }) end
end)

local function one(i)
  local session = am.Session(engine)
  local item = session:get(Item, i % 100 + 1)
  item.size = i
  local new = Item{ id = 1000 + i, name = "new" }
  new.parts:append(Part{ label = "part" })
  session:add(new)
  session:flush()
  assert(#session:scalars(am.select(Item):where(Item.id:eq(1000 + i))):all() == 1)
  if i % 2 == 0 then
    session:delete(new)
    session:commit()
  else
    session:rollback()
  end
  session:close()
end

local function memory()
  for _ = 1, 3 do collectgarbage() end
  return collectgarbage("count"), bench.rss_kb()
end

local seen = {}
for tenth = 1, 10 do
  for i = 1, math.floor(count / 10) do one((tenth - 1) * math.floor(count / 10) + i) end
  local lua_kb, rss_kb = memory()
  seen[tenth] = { lua_kb, rss_kb }
  print(("%9d sessions: Lua %.0f KiB, process %d KiB"):format(tenth * math.floor(count / 10), lua_kb, rss_kb))
end
for at, what in ipairs { "Lua", "the process" } do
  local before, after = seen[2][at], seen[10][at]
  if after > before * 1.02 + 200 then
    io.stderr:write(("%s grew from %.0f to %.0f KiB\n"):format(what, before, after))
    os.exit(1)
  end
end
