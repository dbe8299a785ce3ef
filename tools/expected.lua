-- Compares standard input with the output that an example promises in its comments.
--
--   tools/expected.lua EXAMPLE <OUTPUT
--
-- Every comment `--> text`, at the end of a line of code or on a line of its own, promises one line of
-- output, in order. `...` inside it stands for any text (times, addresses), `--> ...` for any number
-- of lines. An example without such comments only has to run.
local expected, got = {}, {}
local function trim(line) return (line:gsub("%s+$", "")) end

local path = assert(arg[1], "usage: expected.lua EXAMPLE <OUTPUT")
for line in io.lines(path) do
  local text = line:match("%-%->%s?(.*)$")
  if text then expected[#expected + 1] = trim(text) end
end
for line in io.lines() do got[#got + 1] = trim(line) end
if #expected == 0 then os.exit(0) end

local function matches(text, promise)
  local pattern = promise:gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", ".*")
  return text:match("^" .. pattern .. "$") ~= nil
end

-- The first promise that is not kept from line i of the output and promise j on, or nil.
local function compare(i, j)
  while true do
    local promise, line = expected[j], got[i]
    if promise == "..." then
      for from = i, #got + 1 do
        if not compare(from, j + 1) then return nil end
      end
      return i, j + 1
    end
    if not promise and not line then return nil end
    if not promise or not line or not matches(line, promise) then return i, j end
    i, j = i + 1, j + 1
  end
end

local i, j = compare(1, 1)
if i then
  print(("line %d of the output: expected: %s"):format(i, expected[j] or "(no more output)"))
  print(("line %d of the output: got:      %s"):format(i, got[i] or "(no more output)"))
  os.exit(1)
end
