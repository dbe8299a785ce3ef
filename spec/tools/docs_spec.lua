-- The manual: every Lua block of every page runs, and prints what it promises.
local lfs = require "lfs"

local read = require("support.shell").read

local root = lfs.currentdir()
local lua = require "support.interpreter"

local function run(command)
  local ok, _, code = os.execute(command)
  return ok == true or ok == 0, code or ok
end

local function env(name, value) return ("%s='%s' "):format(name, value) end

local pages = {}
for name in lfs.dir "docs" do
  if name:match("%.md$") then pages[#pages + 1] = name end
end
table.sort(pages)

describe("the manual", function()
  for _, page in ipairs(pages) do
    it(page .. " runs and prints what it promises", function()
      local dir = os.tmpname()
      os.remove(dir)
      assert(lfs.mkdir(dir))
      local paths = env("LUA_PATH", ("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(root, root))
        .. env("LUA_CPATH", package.cpath:gsub("([^;]+)", function(part)
          return part:sub(1, 1) == "/" and part or root .. "/" .. part
        end))
      local file = ("%s/docs/%s"):format(root, page)
      local ok = run(("%s %s/tools/docs.lua %s >%s/page.lua"):format(lua, root, file, dir))
        and run(("cd %s && %s %s page.lua >out 2>err"):format(dir, paths, lua))
      local why = ok and "" or read(dir .. "/err")
      if ok then
        ok = run(("%s %s/tools/expected.lua %s <%s/out >%s/diff"):format(lua, root, file, dir, dir))
        why = ok and "" or read(dir .. "/diff")
      end
      os.execute("rm -rf " .. dir)
      assert.is_true(ok, why)
    end)
  end

  it("is listed in docs/README.md and links to pages that exist", function()
    local index = read "docs/README.md"
    for _, page in ipairs(pages) do
      if page ~= "README.md" then assert.truthy(index:find("(" .. page .. ")", 1, true), page .. " is not listed") end
      for target in read("docs/" .. page):gmatch("%]%(([%w_%./%-]+)%)") do
        assert.truthy(lfs.attributes("docs/" .. target), page .. " links to " .. target)
      end
    end
    assert.truthy(read("README.md"):find("](docs/README.md)", 1, true))
  end)
end)
