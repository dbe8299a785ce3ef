-- Files and commands, for specs that start programs.
local shell = {}

--- Runs a command in silence. Did it succeed?
function shell.run(command)
  local ok = os.execute(command .. " >/dev/null 2>&1")
  return ok == true or ok == 0
end

--- What a command prints, without the end of its last line.
function shell.output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return (text:gsub("%s+$", ""))
end

--- What is in a file; "" if there is none.
function shell.read(path)
  local file = io.open(path)
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text
end

function shell.write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

return shell
