--- Reads the CREATE TABLE and CREATE INDEX texts that SQLite keeps: names of constraints, CHECK texts, generated
-- columns. SQLite has accepted these texts, so this reader only has to find its way in them.
local parse = {}

local CLOSE = { ["["] = "]", ["`"] = "`", ['"'] = '"', ["'"] = "'" }

-- From the opening quote at `at`: text without quotes, position behind it.
local function quoted(sql, at)
  local open = sql:sub(at, at)
  local close = CLOSE[open]
  local parts, from = {}, at + 1
  while true do
    local stop = sql:find(close, from, true)
    if not stop then return table.concat(parts) .. sql:sub(from), #sql + 1 end
    parts[#parts + 1] = sql:sub(from, stop - 1)
    if open == "[" or sql:sub(stop + 1, stop + 1) ~= close then return table.concat(parts), stop + 1 end
    parts[#parts + 1] = close
    from = stop + 2
  end
end

--- List of tokens { kind, text, from, to }: kind is "word" (upper = upper-case text), "name" (quoted), "string" or
-- "punctuation". Comments and white space are left out.
function parse.tokens(sql)
  local list, at = {}, 1
  local function add(kind, text, to)
    list[#list + 1] = { kind = kind, text = text, upper = kind == "word" and text:upper() or nil, from = at, to = to }
    at = to + 1
  end
  while at <= #sql do
    local ch = sql:sub(at, at)
    local space = sql:match("^%s+()", at) or sql:match("^%-%-[^\n]*()", at) or sql:match("^/%*.-%*/()", at)
    if space then
      at = space
    elseif CLOSE[ch] then
      local text, behind = quoted(sql, at)
      add(ch == "'" and "string" or "name", text, behind - 1)
    else
      local word = sql:match("^[%w_$\128-\255]+", at)
      if word then add("word", word, at + #word - 1) else add("punctuation", ch, at) end
    end
  end
  return list
end

-- Index of the token that closes the parenthesis at token `open`.
local function closing(tokens, open)
  local depth = 0
  for i = open, #tokens do
    local token = tokens[i]
    if token.kind == "punctuation" then
      if token.text == "(" then depth = depth + 1
      elseif token.text == ")" then
        depth = depth - 1
        if depth == 0 then return i end
      end
    end
  end
  return #tokens
end

local function is(token, text) return token ~= nil and token.kind == "punctuation" and token.text == text end
local function word(token, upper) return token ~= nil and token.upper == upper end

-- Token ranges between the commas of a parenthesis.
local function split(tokens, first, last)
  local items, from, i = {}, first, first
  while i <= last do
    if is(tokens[i], "(") then
      i = closing(tokens, i)
    elseif is(tokens[i], ",") then
      items[#items + 1] = { from, i - 1 }
      from = i + 1
    end
    i = i + 1
  end
  if from <= last then items[#items + 1] = { from, last } end
  return items
end

local function source(sql, tokens, first, last)
  if first > last then return "" end
  return sql:sub(tokens[first].from, tokens[last].to)
end

-- The names of an indexed-column list: first token of each item.
local function names(tokens, open)
  local list = {}
  for _, range in ipairs(split(tokens, open + 1, closing(tokens,
    open) - 1)) do list[#list + 1] = tokens[range[1]].text end
  return list
end

-- A token, or an empty one behind the end: a schema that somebody wrote by hand may hold any text.
local END = { kind = "end", text = "", upper = "", from = 0, to = 0 }
local function token_at(tokens, i) return tokens[i] or END end

local ACTION_WORDS = { SET = 2, NO = 2 }

-- REFERENCES t (c) ON DELETE ... DEFERRABLE ...: facts, index behind.
local function references(tokens, at, last)
  local facts = { table = token_at(tokens, at + 1).text, columns = {}, options = {} }
  local i = at + 2
  if is(tokens[i], "(") then
    facts.columns = names(tokens, i)
    i = closing(tokens, i) + 1
  end
  while i <= last do
    local token = tokens[i]
    if word(token, "ON") then
      local verb = token_at(tokens, i + 1).upper == "DELETE" and "ondelete" or "onupdate"
      local action = token_at(tokens, i + 2).upper or ""
      local count = ACTION_WORDS[action] or 1
      if count == 2 then action = action .. " " .. (token_at(tokens, i + 3).upper or "") end
      facts.options[verb] = action
      i = i + 2 + count
    elseif word(token, "MATCH") then
      i = i + 2
    elseif word(token, "NOT") and word(tokens[i + 1], "DEFERRABLE") then
      facts.options.deferrable = false
      i = i + 2
    elseif word(token, "DEFERRABLE") then
      facts.options.deferrable = true
      i = i + 1
    elseif word(token, "INITIALLY") then
      facts.options.initially = token_at(tokens, i + 1).upper
      i = i + 2
    else
      break
    end
  end
  return facts, i
end

-- One constraint at `i` (behind its name): kind and facts, index behind; nil if there is none.
local function constraint_at(sql, tokens, i, last, column)
  local token = tokens[i]
  if word(token, "PRIMARY") then
    local list, behind = { column }, i + 2
    if is(tokens[behind], "(") then list, behind = names(tokens, behind), closing(tokens, behind) + 1 end
    return { kind = "primary", columns = list }, behind
  elseif word(token, "UNIQUE") then
    local list, behind = { column }, i + 1
    if is(tokens[behind], "(") then list, behind = names(tokens, behind), closing(tokens, behind) + 1 end
    return { kind = "unique", columns = list }, behind
  elseif word(token, "CHECK") and is(tokens[i + 1], "(") then
    local close = closing(tokens, i + 1)
    return { kind = "check", sqltext = source(sql, tokens, i + 2, close - 1) }, close + 1
  elseif word(token, "FOREIGN") then
    local list = names(tokens, i + 2)
    local facts, behind = references(tokens, closing(tokens, i + 2) + 1, last)
    facts.kind, facts.own = "foreign", list
    return facts, behind
  elseif word(token, "REFERENCES") then
    local facts, behind = references(tokens, i, last)
    facts.kind, facts.own = "foreign", { column }
    return facts, behind
  end
end

local STARTS = { CONSTRAINT = true, PRIMARY = true, UNIQUE = true, CHECK = true, FOREIGN = true }

-- Walks over the tokens of one column or constraint and collects what it declares.
local function read_item(sql, tokens, first, last, column, out)
  local i, name = first, nil
  while i <= last do
    local token = tokens[i]
    if word(token, "CONSTRAINT") then
      name = token_at(tokens, i + 1).text
      i = i + 2
    else
      local found, behind = constraint_at(sql, tokens, i, last, column and column.name)
      if found then
        found.name, name = name, nil
        out.constraints[#out.constraints + 1] = found
        i = behind
      elseif column and word(token, "AS") and is(tokens[i + 1], "(") then
        local close = closing(tokens, i + 1)
        column.generated = source(sql, tokens, i + 2, close - 1)
        i = close + 1
      elseif column and word(token, "COLLATE") then
        column.collation = token_at(tokens, i + 1).text
        i = i + 2
      else
        if word(token, "AUTOINCREMENT") then out.autoincrement = true end
        if is(token, "(") then i = closing(tokens, i) end
        i = i + 1
      end
    end
  end
end

--- What a CREATE TABLE text declares: { columns = { name → { generated, collation } }, constraints = { { kind, name,
-- columns, sqltext, table, options, own } }, autoincrement, without_rowid, strict }.
function parse.table(sql)
  local out = { columns = {}, constraints = {} }
  local tokens = parse.tokens(sql)
  local open, of_table
  for i, token in ipairs(tokens) do
    of_table = of_table or word(token, "TABLE") -- not a view, whose parentheses mean something else
    if is(token, "(") then
      open = i
      break
    end
  end
  if not open or not of_table then return out end
  local close = closing(tokens, open)
  for _, range in ipairs(split(tokens, open + 1, close - 1)) do
    local first = tokens[range[1]]
    if first.kind == "word" and STARTS[first.upper] then
      read_item(sql, tokens, range[1], range[2], nil, out)
    else
      local column = { name = first.text }
      out.columns[first.text] = column
      read_item(sql, tokens, range[1] + 1, range[2], column, out)
    end
  end
  for i = close + 1, #tokens do
    if word(tokens[i], "WITHOUT") then out.without_rowid = true end
    if word(tokens[i], "STRICT") then out.strict = true end
  end
  return out
end

--- The expressions of a CREATE INDEX text, in order, and its WHERE condition.
---@return string[] expressions
---@return string? where
function parse.index(sql)
  local tokens = parse.tokens(sql)
  local open, on
  for i, token in ipairs(tokens) do
    if word(token, "ON") then on = i end
    if on and is(token, "(") then
      open = i
      break
    end
  end
  if not open then return {} end
  local expressions, close = {}, closing(tokens, open)
  for i, range in ipairs(split(tokens, open + 1, close - 1)) do
    expressions[i] = source(sql, tokens, range[1], range[2])
  end
  if word(tokens[close + 1], "WHERE") then return expressions, source(sql, tokens, close + 2, #tokens) end
  return expressions
end

return parse
