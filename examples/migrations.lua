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
  return migrate.Config.new({ script_location = folder, engine = engine, target_metadata = models(version),
    process_revision_directives = require "migrations.split" }, { stdout = function() end, log = print })
end

-- alchemoon revision --autogenerate -m "…"; alchemoon upgrade head
local function grow(version, message)
  local c = config(version)
  command.revision(c, { autogenerate = true, message = message, rev_id = "aa0" .. version })
  command.upgrade(c, "head")
end

grow(1, "the blog")
--> Running upgrade  -> aa01, the blog

engine:begin(function(conn)
  conn:execute(am.text "INSERT INTO authors (id, name, email) VALUES (1, 'Ann', 'ann@example.org')")
  conn:execute(am.text "INSERT INTO articles (id, author_id, title) VALUES (1, 1, 'Hello')")
end)

grow(2, "a column more")
--> Running upgrade aa01 -> aa02, a column more
grow(3, "another name")
--> Running upgrade aa02 -> aa03, another name
grow(4, "a table is split")
--> Running upgrade aa03 -> aa04, a table is split
grow(5, "a value more")
--> Running upgrade aa04 -> aa05, a value more
grow(6, "tags")
--> Running upgrade aa05 -> aa06, tags

-- alchemoon check
local c = config(6)
print(pcall(command.check, c))
--> true

engine:connect(function(conn)
  print(conn:execute(am.text "SELECT full_name, email FROM authors JOIN contacts ON author_id = authors.id"):one())
  --> ('Ann', 'ann@example.org')
end)

command.downgrade(c, "aa03")
--> Running downgrade aa06 -> aa05, tags
--> Running downgrade aa05 -> aa04, a value more
--> Running downgrade aa04 -> aa03, a table is split
engine:connect(function(conn)
  print(conn:execute(am.text "SELECT full_name, email FROM authors"):one())
  --> ('Ann', 'ann@example.org')
end)
engine:dispose()
os.execute("rm -r " .. folder)
