-- The unit of work: one flush sorts and batches everything; optimistic locks; what it costs is a handful of statements.
local am = require "alchemoon"

local Base = am.declarative_base()
local Team = Base:model("Team", { __tablename__ = "teams",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
  members = am.relationship("Member", { back_populates = "team" }) })
local Member = Base:model("Member", { __tablename__ = "members",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(50)),
  team_id = am.Column(am.ForeignKey("teams.id")), team = am.relationship("Team", { back_populates = "members" }) })

local Note = Base:model("Note", { __tablename__ = "notes",
  id = am.Column(am.Integer, { primary_key = true }), text = am.Column(am.String(50)),
  version = am.Column(am.Integer, { nullable = false }),
  __mapper_args__ = { version_id_col = "version" } })

local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
local session = am.Session(engine)

-- Members first, in the program: the flush stores teams before members, whatever the order of add().
for t = 1, 3 do
  local team = Team{ name = "team " .. t }
  for m = 1, 100 do session:add(Member{ name = ("member %d.%d"):format(t, m), team = team }) end
end
local log = am.testing.record(engine)
session:flush()
local seen, statements = {}, log:take()
for _, text in ipairs(statements) do
  local table_name = text:match "^INSERT INTO (%w+)"
  if not seen[table_name] then print("inserts into " .. table_name) end
  seen[table_name] = true
end
print("303 rows in a handful of statements:", #statements < 10)
session:commit()
log:take()

for _, member in ipairs(session:scalars(am.select(Member):where(Member.id:le(50))):all()) do
  member.name = member.name:upper()
end
log:take()
session:flush() -- 50 changed objects, one statement with many sets of parameters
for _, text in ipairs(log:take()) do print(text) end
session:commit()

-- Somebody else changes the row: the version does not match any more.
local note = Note{ text = "first" }
session:add(note)
session:commit()
print(note.version)
engine:begin(function(conn) conn:execute(am.update(Note.__table__):values{ version = 99 }) end)
note.text = "mine"
local ok, e = pcall(session.flush, session)
print(ok, e.name)
session:rollback()
session:close()
--> inserts into teams
--> inserts into members
--> 303 rows in a handful of statements:	true
--> UPDATE members SET name=? WHERE members.id = ?
--> 1
--> false	StaleDataError
