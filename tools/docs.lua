-- Prints the program of a page of the manual: its ```lua blocks, one after the other, on the lines where they stand.
--
--   tools/docs.lua PAGE
--
-- The blocks of a page are one program, so that later ones use what earlier ones define. Comments `--> text` promise
-- output, as in the examples (expected.lua). spec/tools/docs_spec.lua runs every page.
local path = assert(arg[1], "usage: docs.lua PAGE")
local inside = false
for line in io.lines(path) do
  local fence = line:match("^```(%w*)%s*$")
  if fence then
    inside = not inside and fence == "lua"
    print ""
  else
    print(inside and line or "")
  end
end
