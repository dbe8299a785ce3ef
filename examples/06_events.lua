-- Events: see every statement, count them, change them, set up connections.
local am = require "alchemoon"

local engine = am.create_engine("sqlite://")

am.event.listen(engine, "connect", function(dbapi_connection)
  dbapi_connection:execute("PRAGMA foreign_keys = ON")
end)

local count = 0
am.event.listen(engine, "before_cursor_execute", function(_, _, statement, params, _, executemany)
  count = count + 1
  print(("%d: %s"):format(count, (statement:gsub("%s+", " "))), #params, executemany)
end)

engine:connect(function(conn)
  conn:exec_driver_sql("CREATE TABLE t (x INTEGER)")
  conn:execute(am.text("INSERT INTO t (x) VALUES (:x)"), { { x = 1 }, { x = 2 } })
  print(conn:scalar(am.text("SELECT sum(x) FROM t WHERE x > :low"), { low = 0 }))
  conn:commit()
  print(conn:exec_driver_sql("PRAGMA foreign_keys"):scalar())
end)
--> 1: CREATE TABLE t (x INTEGER)	0	false
--> 2: INSERT INTO t (x) VALUES (?)	2	true
--> 3: SELECT sum(x) FROM t WHERE x > ?	1	false
--> 3
--> 4: PRAGMA foreign_keys	0	false
--> 1
