--- What autogenerate cannot know: the rows of a table that is split move with it. A Rewriter adds the statements.
local migrate = require "alchemoon.migrate"

local ops = migrate.ops
local writer = migrate.Rewriter()

-- up: the new table takes the addresses before the old column goes
writer:rewrites(ops.CreateTableOp, function(_, _, op)
  if op.table_name ~= "contacts" then return op end
  return { op, ops.ExecuteSQLOp("INSERT INTO contacts (author_id, email) " ..
    "SELECT id, email FROM authors WHERE email IS NOT NULL") }
end)

-- down: they come back before the table goes
writer:rewrites(ops.DropTableOp, function(_, _, op)
  if op.table_name ~= "contacts" then return op end
  return { ops.ExecuteSQLOp "UPDATE authors SET email = (SELECT email FROM contacts WHERE author_id = authors.id)", op }
end)

return writer
