--- The schema as a picture: Mermaid and Graphviz texts from a MetaData.
local core = require "alchemoon.core"
local exc = require "alchemoon.migrate.errors"
local item = require "alchemoon.schema.item"

local erd = {}

local function tables_of(metadata)
  local list = {}
  for _, one in ipairs(core.node_tag(metadata) and { metadata } or metadata) do
    for _, t in ipairs(one.sorted_tables) do list[#list + 1] = t end
  end
  return list
end

local function type_of(column)
  local ok, text = pcall(function() return column.type:compile { dialect = "default" } end)
  return ok and text or tostring(column.type)
end

-- Foreign keys as { from, to, columns, nullable, unique }.
local function keys_of(t)
  local list = {}
  for _, node in ipairs(core.node_get(t, "constraints")) do
    if core.node_get(node, "kind") == item.FOREIGN_KEY then
      local names, nullable = {}, false
      for i, column in ipairs(core.node_get(node, "columns")) do
        names[i] = column.name
        nullable = nullable or column.nullable
      end
      local first = core.node_get(node, "elements")[1]
      local target = first.target_fullname:match "^(.*)%.[^.]+$"
      list[#list + 1] = { from = t.fullname, to = target, columns = names, nullable = nullable }
    end
  end
  table.sort(list, function(a, b)
    return a.to .. "\0" .. table.concat(a.columns, ",") < b.to .. "\0" .. table.concat(b.columns, ",")
  end)
  return list
end

local function marks(t, column)
  local list, foreign = {}, false
  for _, key in ipairs(keys_of(t)) do
    for _, name in ipairs(key.columns) do foreign = foreign or name == column.name end
  end
  if column.primary_key then list[#list + 1] = "PK" end
  if foreign then list[#list + 1] = "FK" end
  if column.unique then list[#list + 1] = "UK" end
  return list
end

local function word(text) return (text:gsub("[^%w_]", "_")) end

--- Text of a Mermaid erDiagram.
function erd.mermaid(metadata)
  local lines = { "erDiagram" }
  local all = tables_of(metadata)
  for _, t in ipairs(all) do
    lines[#lines + 1] = ("  %s {"):format(word(t.fullname))
    for _, column in ipairs(core.node_get(t, "columns")) do
      local kinds = table.concat(marks(t, column), ", ")
      lines[#lines + 1] = ("    %s %s%s"):format(word(type_of(column)), word(column.name), kinds ~= "" and " " .. kinds
        or "")
    end
    lines[#lines + 1] = "  }"
  end
  for _, t in ipairs(all) do
    for _, key in ipairs(keys_of(t)) do
      lines[#lines + 1] = ('  %s %s--o{ %s : "%s"'):format(word(key.to), key.nullable and "|o" or "||",
        word(key.from), table.concat(key.columns, ", "))
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local function html(text) return (text:gsub('[&<>"]', ENTITIES)) end
local function id(text) return '"' .. text:gsub('"', '\\"') .. '"' end

--- Text of a Graphviz digraph.
function erd.graphviz(metadata)
  local lines = { "digraph schema {", "  rankdir = LR;", "  node [shape = plaintext];" }
  local all = tables_of(metadata)
  for _, t in ipairs(all) do
    local rows = { ("<tr><td colspan=\"3\"><b>%s</b></td></tr>"):format(html(t.fullname)) }
    for _, column in ipairs(core.node_get(t, "columns")) do
      rows[#rows + 1] = ('<tr><td align="left" port="%s">%s</td><td align="left">%s%s</td><td>%s</td></tr>'):format(
        html(column.name), html(column.name), html(type_of(column)), column.nullable and "" or " NOT NULL",
        table.concat(marks(t, column), ", "))
    end
    lines[#lines + 1] = ("  %s [label = <<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">%s</table>>];"):format(
      id(t.fullname), table.concat(rows))
  end
  for _, t in ipairs(all) do
    for _, key in ipairs(keys_of(t)) do
      lines[#lines + 1] = ("  %s:%s -> %s%s;"):format(id(key.from), id(key.columns[1]), id(key.to),
        key.nullable and " [style = dashed]" or "")
    end
  end
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n") .. "\n"
end

--- Text in a format: "mermaid" or "graphviz".
function erd.text(metadata, format)
  format = format or "mermaid"
  if format ~= "mermaid" and format ~= "graphviz" then
    exc.raise("CommandError", "erd: the format is 'mermaid' or 'graphviz', got '%s'", tostring(format))
  end
  return erd[format](metadata)
end

return erd
