-- Functions of the core, called with what they do not take: the library never does that, its authors may.
local am = require "alchemoon"
local core = require "alchemoon.core"
local refuses = require("support.init").refuses
local rawconn = require "support.rawconn"

local t = am.Table("t", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }),
  am.Column("x", am.String(5)))

local function cursor(sql)
  local new = rawconn.open("sqlite", { database = ":memory:" }):cursor()
  if sql then new:start(sql) end
  return new
end

local function repeated(count, value)
  local list = {}
  for i = 1, count do list[i] = value end
  return list
end

describe("bind refuses", function()
  local two = core.shape{ names = { "a", "b" }, decoders = { false, false } }

  refuses("nodes that cannot be", {
    { "ArgumentError", "^unknown node tag %-1$", function() core.node(-1, {}) end },
    { "ArgumentError", "^unknown node tag %-1$", function() core.set_class(-1, {}) end },
    { "ArgumentError",
      "^SQL expression element expected as argument #1, got no value; methods are called with a colon$",
      function() core.literal_name() end },
    { "ArgumentError", "^argument #1: expected table, got number$", function() core.table_drop(5) end },
    { "ArgumentError", "^a SELECT is needed$", function() core.select_froms(t.c.id) end },
  })

  refuses("fields that a node has not, or that hold something else", {
    { "ArgumentError", '^"nope" was called for a "column", which has none; methods are called with a colon$',
      function() core.node_get(t.c.id, "nope") end },
    { "ArgumentError", '^node "table" has no list "nope"$', function() core.list_count(t, "nope") end },
    { "ArgumentError", '^field "name" is no list$', function() core.node_append(t.c.id, "name", t.c.x) end },
    { "ArgumentError", '^field "name" owns nothing$', function() core.node_own(t, "name", t.c.id) end },
    { "ArgumentError", '^a "select" is immutable$', function() core.node_set(am.select(t), "limit", t.c.id) end },
    { "ArgumentError", '^field "columns" is filled with core.node_own$',
      function() core.node(core.tags.TABLE, { columns = {} }) end },
    { "ArgumentError", "^a quoted name needs its text at %[1%]$",
      function() core.node(core.tags.TABLE, { name = {} }) end },
    { "ArgumentError", "^a name must be a string, got function$",
      function() core.node(core.tags.TABLE, { name = print }) end },
    { "ArgumentError", '^field "kind": an integer is needed, got string$',
      function() core.node(core.tags.TABLE, { kind = "x" }) end },
    { "ArgumentError", '^field "element": an SQL expression is needed, got number$',
      function() core.node(core.tags.ALIAS, { element = 5 }) end },
    { "ArgumentError", '^field "prefixes": a list is needed, got number$',
      function() core.node(core.tags.TABLE, { prefixes = 5 }) end },
    { "ArgumentError", '^field "prefixes": item 1 is no SQL expression but number$',
      function() core.node(core.tags.TABLE, { prefixes = { 5 } }) end },
  })

  refuses("dialects that it does not know", {
    { "ArgumentError", "^unknown dialect$", function() core.encode_text(1, nil, "nope") end },
    { "ArgumentError", "^unknown dialect$", function() core.encode_value(1, nil, "nope") end },
    { "ArgumentError", "^unknown dialect$", function() core.literal(core.node_type(t.c.id), 1, "nope") end },
  })

  refuses("rows and shapes that do not fit together", {
    { "ArgumentError", "^shape: name 1 is a table$",
      function() core.shape{ names = { {} }, decoders = { false } } end },
    { "ArgumentError", "^shape: too many columns$",
      function() core.shape{ names = repeated(70000, "c"), decoders = repeated(70000, false) } end },
    { "ArgumentError", "^shape_select: position 5 is out of range$", function() core.shape_select(two, { 5 }) end },
    { "ArgumentError", "^row_select: the shape does not belong to the row$", function()
      local engine = am.create_engine "sqlite://"
      engine:connect(function(conn) core.row_select(conn:execute(am.text "select 1"):first(), two) end)
    end },
    { "ArgumentError", "^expected a Row, got number$", function() core.row_metatable().__len(5) end },
    { "ArgumentError", "^rowset: bad width$", function() core.rowset(-1) end },
    { "ArgumentError", "^the shape does not belong to this result$", function() core.rowset(1):row(two, 1) end },
    { "NoSuchColumnError", "^column 5 is out of range: the row has 1$", function()
      local set = core.rowset(1)
      set:fill(cursor "select 1")
      set:scalars(core.shape{ names = { "a" }, decoders = { false } }, 5)
    end },
    { "InvalidRequestError", "^rowset:fill: the result has other columns$",
      function() core.rowset(3):fill(cursor "select 1") end },
  })

  refuses("plans that no mapper makes", {
    { "ArgumentError", "^populate: an entity must come after its parent$",
      function() core.populate_program{ { kind = "root", parent = 5, keys = {} } } end },
    { "InvalidRequestError", "^a statement may load at most %d+ entities, not 5000$",
      function() core.populate_program(repeated(5000, { kind = "root", keys = {} })) end },
    { "ArgumentError", "^orm_sort: objects expected$", function() core.orm_sort{ 1, 2 } end },
    { "FlushError", "^more rows came back than were inserted$",
      function() core.flush_keys(cursor "select 1 union select 2", { {} }, 1, 1) end },
  })

  refuses("keys, dependencies and binds that are not there", {
    { "ArgumentError", "^identity_key: a primary key value is needed$", function() core.identity_key() end },
    { "ArgumentError", "^identity_key: a primary key value is needed$",
      function() core.identity_key_with_token "shard" end },
    { "ArgumentError", "^dependency #1: expected two numbers from 1 to 2$",
      function() core.find_cycles(2, { { 1, 5 } }) end },
    { "ArgumentError", "^a conjunction needs at least one item$",
      function() core.conjunction({}, 1, nil) end },
    { "NoForeignKeysError", "^Can't find any foreign key relationships between 't' and 't'",
      function() core.join_condition(t, t) end },
    { "ArgumentError", "^flush: too many columns %(%d+%)$",
      function() core.flush_run({ {} }, 1, 1, repeated(5000, 1), repeated(5000, 1)) end },
  })

  refuses("what is closed, and drivers that are none", {
    { "InvalidRequestError", "^the reactor is closed$", function()
      local reactor = core.reactor_new()
      reactor:close()
      reactor:poll(1)
    end },
    { "InvalidRequestError", "^the socket is closed$", function()
      local socket = core.socket_tcp("127.0.0.1", 1)
      socket:close()
      socket:send "x"
    end },
    { "InterfaceError", "^the cursor is closed$", function()
      local closed = cursor()
      closed:close()
      closed:fetchone()
    end },
    { "InterfaceError", "^the connection is not open$", function()
      core.dbconn_open(require "alchemoon.driver.sqlite", {}):cursor():start "select 1"
    end },
    { "ArgumentError", "^argument #1: expected a driver$", function() core.dbconn_open(5) end },
    { "ArgumentError", "^argument #2: expected a table$",
      function() core.dbconn_open(require "alchemoon.driver.sqlite", 5) end },
    { "ArgumentError", "^unknown parameter hint 'nope'$",
      function() cursor():start("select ?", { 1 }, { hints = { "nope" } }) end },
    { "ArgumentError", "^null driver: more than 64 columns$",
      function() core.dbconn_open(core.null_driver, { columns = table.concat(repeated(65, "c"), ",") }) end },
    { "ArgumentError", "^a UUID has 16 bytes, got 3$", function() core.uuid_from_bytes "abc" end },
    { "ArgumentError", "^expected a table for an hstore, got number$", function() core.hstore_print(5) end },
  })

  refuses("arguments, naming the call as it is written", {
    { "ArgumentError", "^cursor:execute: argument #1: expected string, got nil$",
      function() cursor():execute(nil) end },
    { "ArgumentError", "^cursor:executemany: argument #1: expected string, got table$",
      function() cursor():executemany{} end },
    { "ArgumentError", "^cursor:fetchmany: argument #1: expected a whole number, got string$",
      function() cursor("select 1"):fetchmany "x" end },
    { "ArgumentError", "^cursor:deadline: argument #1: expected number, got no value$",
      function() cursor():deadline() end },
    { "ArgumentError", "^fetchall%(%) is a method: call it with a colon, cursor:fetchall%(...%)$",
      function() cursor().fetchall() end },
    { "ArgumentError", "^execute%(%) is a method: call it with a colon, dbconn:execute%(...%)$",
      function() rawconn.open("sqlite", { database = ":memory:" }).execute "select 1" end },
    { "ArgumentError", "^core.poll: argument #1: expected a whole number, got table$", function() core.poll{} end },
    { "ArgumentError", "^socket:send: argument #2: expected a position in the text, got number$", function()
      local socket = core.socket_tcp("127.0.0.1", 1)
      local ok, err = pcall(socket.send, socket, "x", 5)
      socket:close()
      if not ok then error(err, 0) end
    end },
    { "ArgumentError", "^pool: unknown kind 'nope'; use queue, null, static or singleton$",
      function() core.pool_new{ kind = "nope" } end },
  })
end)
