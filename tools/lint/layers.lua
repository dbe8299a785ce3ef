-- Include arrows of csrc/ point the way that csrc/layers.txt says, and lua.h is seen in bind/ alone.
local files = require "lint.files"

local function read_layers(path)
  local layers = {}
  for _, line in files.lines(path) do
    local room, seen = line:match("^([%w_]+):%s*(.*)$")
    if room then
      layers[room] = { [room] = true }
      for name in seen:gmatch("[%w_]+") do layers[room][name] = true end
    end
  end
  return layers
end

return function(root)
  local findings = {}
  local layers = read_layers(root .. "/csrc/layers.txt")
  local function report(...) findings[#findings + 1] = string.format(...) end
  for _, path in ipairs(files.ending(files.walk(root, "csrc").files, ".c", ".h", ".def", ".inc")) do
    local room = path:match("/csrc/([^/]+)/")
    local allowed = room and layers[room]
    if room and not allowed then report("%s: room %s is not in csrc/layers.txt", path, room) end
    for number, line in files.lines(path) do
      local quoted = line:match('^%s*#%s*include%s+"([^"]+)"')
      local other = quoted and quoted:match("^([^/]+)/")
      if quoted and not other then
        report('%s:%d: include "%s" with its room', path, number, quoted)
      elseif other and allowed and not allowed[other] then
        report("%s:%d: %s/ must not include %s/", path, number, room, other)
      end
      local lua_header = line:match('^%s*#%s*include%s+[<"](l[%w]+%.h)[>"]')
      if lua_header and room ~= "bind" and (lua_header:match("^lua") or lua_header == "lauxlib.h") then
        report("%s:%d: only bind/ includes %s", path, number, lua_header)
      end
    end
  end
  return findings
end
