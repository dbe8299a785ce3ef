--- Many rows by one statement: VALUES with many rows, arrays through unnest() on PostgreSQL.
--
-- Texts and limits only, kept with the compiled entry of the single row that they are made from. execute.lua and the
-- flush of the ORM (orm/persist_fast.lua) send them.
local core = require "alchemoon.core"

local batch = {}
local BATCH_ROWS = 1000
-- Most parameters of one statement: SQLite since 3.32, PostgreSQL's protocol.
local MOST_PARAMETERS = { sqlite = 32766, postgresql = 32767 }

--- Text for `count` rows of VALUES in one statement, from the compiled single row.
---@param entry table
---@param count integer
---@return string
function batch.text(entry, count)
  local texts = entry.batch_texts
  if not texts then
    texts = {}
    entry.batch_texts = texts
  end
  local text = texts[count]
  if text then return text end
  local head, row, tail = core.values_text(entry.compiled)
  local number = 0
  local function placeholders(part)
    return (part:gsub("\1%x%x%x%x%x%x", function()
      number = number + 1
      if entry.paramstyle == "numeric" then return "$" .. number end
      return "?"
    end))
  end
  local rows = {}
  for i = 1, count do rows[i] = placeholders(row) end
  text = head .. table.concat(rows, "), (") .. placeholders(tail)
  texts[count] = text
  return text
end

-- --- rows as arrays (PostgreSQL) -----------------------------------------------------------------

batch.UNNEST_FROM = 20 -- rows from which arrays pay
batch.ARRAY_ROWS = 20000 -- rows per statement of arrays: memory stays bounded

--- Are all values of the INSERT plain placeholders, each once, and nothing bound elsewhere?
---@param entry table
---@return boolean
function batch.can_unnest(entry)
  if entry.unnestable == nil then
    local head, row, tail = core.values_text(entry.compiled)
    local count = 0
    if row then
      local rest = row:gsub("^\1%x%x%x%x%x%x", "", 1):gsub(", \1%x%x%x%x%x%x", "")
      count = select(2, row:gsub("\1", ""))
      if rest ~= "" then count = 0 end
    end
    entry.unnestable = entry.dialect == "postgresql" and entry.info.is_insert and count > 0
      and count == #entry.positions and not head:find("\1", 1, true) and not tail:find("\1", 1, true)
  end
  return entry.unnestable
end

--- INSERT INTO t (a, b) SELECT u.p1, u.p2 FROM unnest($1, $2) AS u(p1, p2). Where keys come back, their order is that
-- of the rows by ORDER BY; else the scan of the function gives the rows in that order, without the cost of a sort.
---@param entry table
---@param columns table[]   { type of the array, type to cast to or nil }
---@return string
function batch.unnest_text(entry, columns)
  local casts, arrays, names = {}, {}, {}
  for i, column in ipairs(columns) do
    names[i] = "p" .. i
    arrays[i] = ("$%d::%s[]"):format(i, column[1])
    casts[i] = column[2] and ("CAST(u.p%d AS %s)"):format(i, column[2]) or "u.p" .. i
  end
  local key = table.concat(casts, ",") .. table.concat(arrays, ",")
  local texts = entry.unnest_texts or {}
  entry.unnest_texts = texts
  if not texts[key] then
    local head, _, tail = core.values_text(entry.compiled)
    local form = entry.info.returning and "%s SELECT %s FROM unnest(%s) WITH ORDINALITY AS u(%s, n) ORDER BY u.n%s"
      or "%s SELECT %s FROM unnest(%s) AS u(%s)%s"
    texts[key] = form:format(head:gsub(" VALUES %($", ""), table.concat(casts, ", "), table.concat(arrays, ", "),
      table.concat(names, ", "), tail:gsub("^%)", ""))
  end
  return texts[key]
end

-- --- how many -------------------------------------------------------------------------------------

--- How many rows one statement takes.
---@param entry table
---@param opts table   insertmanyvalues_page_size
---@return integer
function batch.size(entry, opts)
  local rows = opts.insertmanyvalues_page_size or entry.page_size
  if batch.can_unnest(entry) then return rows or 10000 end
  rows = rows or BATCH_ROWS
  local most = MOST_PARAMETERS[entry.dialect] or 999
  local per_row = math.max(#entry.positions, 1)
  return math.max(1, math.min(rows, math.floor(most / per_row)))
end

--- May rows of this INSERT be sent as one statement with many VALUES? Binds outside VALUES would repeat.
---@param entry table
---@return boolean
function batch.is_possible(entry)
  if entry.batchable == nil then
    local head, row, tail = core.values_text(entry.compiled)
    entry.batchable = head ~= nil and row ~= "" and not head:find("\1", 1, true) and not tail:find("\1", 1, true)
      and not entry.info.has_post_compile
  end
  return entry.batchable
end

local FEW_ROWS = 20 -- from so many on, rows go together even where SQLAlchemy sends each by itself

--- Are these so few rows of a database that promises no order for RETURNING that each goes by itself?
---@param dialect string
---@param rows integer
---@return boolean
function batch.are_few(dialect, rows) return dialect == "sqlite" and rows < FEW_ROWS end

-- From so many rows on a text with 1,000 rows of VALUES pays on SQLite: to prepare it costs as much as running it six
-- times, and a text of one row is prepared once for any number of rows.
local MANY_ROWS = 5000

--- Do the rows of an INSERT that returns keys go to SQLite's driver as one call that runs the text of one row for each?
-- Not if somebody said how many go together.
---@param entry table
---@param opts table   insertmanyvalues_page_size
---@param rows integer
---@return boolean
function batch.are_repeated(entry, opts, rows)
  return entry.dialect == "sqlite" and rows >= FEW_ROWS and rows < MANY_ROWS
    and not (opts.insertmanyvalues_page_size or entry.page_size)
end

-- Rows that one run of a statement takes on SQLite, where a run costs as much as two rows: within the 999 parameters
-- that every build of it has. The driver falls back to single rows where the difference would show (sqlite_cursor.c).
local function few_rows(entry)
  if entry.few_rows == nil then
    local count = math.min(100, math.floor(999 / math.max(#entry.positions, 1)))
    entry.few_rows = entry.dialect == "sqlite" and entry.info.is_insert and #entry.positions > 0 and count > 1
      and not entry.info.returning and batch.is_possible(entry) and count or false
  end
  return entry.few_rows
end

--- The text for an executemany of `rows` rows, and how many rows it takes; nil: none.
---@param entry table
---@param rows integer
---@return string?
---@return integer?
function batch.of_runs(entry, rows)
  local count = few_rows(entry)
  if count and rows >= count then return batch.text(entry, count), count end
  return nil
end

return batch
