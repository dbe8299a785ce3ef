-- The checks of `make lint`; each prints what it found, the exit code tells whether all is well.
local checks = {
  { "luacheck", function() return os.execute("luacheck -q lua spec tools") end },
}

local failed = false
for _, check in ipairs(checks) do
  if not check[2]() then
    io.stderr:write("lint: ", check[1], " failed\n")
    failed = true
  end
end
os.exit(not failed)
