-- Migrations: the schema grows with the models, goes back, and comes again; data stays where it is.
local am = require "alchemoon"
local migrate = require "alchemoon.migrate"
local models = require "migrations.models"

local command = migrate.command
local folder = os.tmpname()
os.remove(folder)
migrate.ScriptDirectory.init(folder)

local engine = am.create_engine("sqlite:///" .. folder .. "/blog.db")

-- The same as an alchemoon.lua with these keys and the program `alchemoon`.
local function config(version)
  return migrate.Config.new({ script_location = folder, engine = engine, target_metadata = models(version) },
    { stdout = function() end, log = print })
end

-- alchemoon revision --autogenerate -m "first"; alchemoon upgrade head
command.revision(config(1), { autogenerate = true, message = "first", rev_id = "aa01" })
command.upgrade(config(1), "head")
--> Running upgrade  -> aa01, first

engine:begin(function(conn)
  conn:execute(am.text "INSERT INTO authors (id, name) VALUES (1, 'Ann')")
  conn:execute(am.text "INSERT INTO articles (id, author_id, title) VALUES (1, 1, 'Hello')")
end)

for version = 2, 3 do
  local c = config(version)
  local _, found = command.revision(c, { autogenerate = true, message = "version " .. version,
    rev_id = "aa0" .. version })
  print(#found.upgrade_ops:as_diffs(), "differences")
  command.upgrade(c, "head")
end
--> 1	differences
--> Running upgrade aa01 -> aa02, version 2
--> 3	differences
--> Running upgrade aa02 -> aa03, version 3

-- alchemoon check: nothing is left to do
local c = config(3)
engine:connect(function(conn)
  print(#migrate.compare_metadata(migrate.MigrationContext.configure(conn), models(3)), "left")
  --> 0	left
  print(conn:execute(am.text "SELECT full_name FROM authors"):scalar())
  --> Ann
end)

command.downgrade(c, "-2")
--> Running downgrade aa03 -> aa02, version 3
--> Running downgrade aa02 -> aa01, version 2
command.upgrade(c, "head")
--> Running upgrade aa01 -> aa02, version 2
--> Running upgrade aa02 -> aa03, version 3
engine:connect(function(conn)
  print(conn:execute(am.text "SELECT full_name, title FROM authors JOIN articles ON author_id = authors.id"):one())
  --> ('Ann', 'Hello')
end)
engine:dispose()
os.execute("rm -r " .. folder)
