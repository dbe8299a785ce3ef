-- `make lint`: runs every check of tools/lint/ and prints what each found. A finding fails the run, a
-- note does not. Run it from the root of the tree.
package.path = "tools/?.lua;" .. package.path

local checks = { "luacheck", "syntax", "clang", "layers", "readmes", "sizes", "words", "rockspecs", "layout" }

local failed = false
for _, name in ipairs(checks) do
  local findings, notes = require("lint." .. name)(".")
  for _, note in ipairs(notes or {}) do print(("note  %s: %s"):format(name, note)) end
  for _, finding in ipairs(findings) do print(("FAIL  %s: %s"):format(name, finding)) end
  if #findings == 0 then print("ok    " .. name) else failed = true end
end
os.exit(not failed)
