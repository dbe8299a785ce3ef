--- The ORM room: what it adds to `am`.
--
-- Each part below returns a table of public names.
local parts = { "orm.mapping", "orm.session_public", "orm.reading" }

local orm = {}
for _, part in ipairs(parts) do
  for name, value in pairs(require("alchemoon." .. part)) do
    assert(orm[name] == nil, "alchemoon.orm: two parts define am." .. name)
    orm[name] = value
  end
end

-- Asked for late where they are used, because they ask back; a server shall not read files at its first query.
for _, name in ipairs { "post_load", "strategies.selectin", "strategies.immediate", "strategies.subquery" } do
  require("alchemoon.orm." .. name)
end

require "alchemoon.orm.orm_dml" -- registers how a session executes INSERT, UPDATE and DELETE of classes

return orm
