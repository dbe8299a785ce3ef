--- ScriptDirectory: the folder of migrations; reads, finds and makes their files.
local exc = require "alchemoon.migrate.errors"
local files = require "alchemoon.migrate.files"
local options = require "alchemoon.options"
local RevisionMap = require "alchemoon.migrate.revision_map"
local revision_ids = require "alchemoon.migrate.revision_ids"
local template = require "alchemoon.migrate.template"

local TEMPLATE_NAME = "migration.lua.template"

---@class alchemoon.ScriptDirectory
local ScriptDirectory = { __name = "alchemoon.ScriptDirectory" }
ScriptDirectory.__index = ScriptDirectory

-- --- one migration -------------------------------------------------------------------------------------

--- Reads one migration file.
local function load_migration(path)
  local chunk, message = loadfile(path)
  if not chunk then exc.raise("CommandError", "Can't load migration '%s': %s", path, message) end
  local ok, module = pcall(chunk, path)
  if not ok then exc.raise("CommandError", "Can't load migration '%s': %s", path, tostring(module)) end
  if type(module) ~= "table" or type(module.revision) ~= "string" then
    exc.raise("CommandError", "Could not determine revision id from file '%s'; it must return a table with the " ..
      "field 'revision'", path)
  end
  for _, name in ipairs { "upgrade", "downgrade" } do
    if module[name] ~= nil and type(module[name]) ~= "function" then
      exc.raise("CommandError", "'%s' of migration '%s' must be a function", name, path)
    end
  end
  return setmetatable({ path = path }, { __index = module })
end

-- --- the directory -------------------------------------------------------------------------------------------

local OPTIONS = { script_location = true, version_locations = true, file_template = "%(rev)s_%(slug)s",
  truncate_slug_length = 40, migrations = true }

--- A folder of migrations. `migrations` gives them as a list of tables instead.
---@param opts table
---@return alchemoon.ScriptDirectory
function ScriptDirectory.new(opts)
  opts = options.read("ScriptDirectory", opts, OPTIONS)
  local self = setmetatable({ opts = opts, dir = opts.script_location }, ScriptDirectory)
  self.locations = opts.version_locations or { opts.script_location and files.join(opts.script_location, "versions") }
  return self
end

--- The directory that a configuration names.
---@param config alchemoon.migrate.Config
---@return alchemoon.ScriptDirectory
function ScriptDirectory.from_config(config)
  local given = config.options
  if not given.script_location and not given.migrations then
    exc.raise("CommandError", "No 'script_location' key found in configuration.")
  end
  local folder = config.folder
  local locations
  if given.version_locations then
    locations = {}
    for i, one in ipairs(given.version_locations) do locations[i] = files.join(folder, one) end
  end
  local self = ScriptDirectory.new { script_location = given.script_location and
    files.join(folder, given.script_location), version_locations = locations, file_template = given.file_template,
    truncate_slug_length = given.truncate_slug_length, migrations = given.migrations }
  if self.dir and not files.is_folder(self.dir) then
    exc.raise("CommandError", "Path doesn't exist: '%s'.  Please use the 'init' command to create a new scripts " ..
      "folder.", self.dir)
  end
  return self
end

-- Migrations that are given as tables need no files.
function ScriptDirectory:load()
  local list = {}
  if self.opts.migrations then
    for i, one in ipairs(self.opts.migrations) do list[i] = setmetatable({}, { __index = one }) end
    return list
  end
  for _, location in ipairs(self.locations) do
    for _, name in ipairs(files.list(location) or {}) do
      if name:match "%.lua$" and not name:match "^%." then
        list[#list + 1] = load_migration(files.join(location, name))
      end
    end
  end
  return list
end

--- The graph of all migrations; read once.
function ScriptDirectory:map()
  if not self._map then self._map = RevisionMap.new(self:load()) end
  return self._map
end

function ScriptDirectory:forget() self._map = nil end

--- The migration of an identifier or its beginning.
---@param id string
---@return any
function ScriptDirectory:get_revision(id) return self:map():get_revision(id) end

--- The migrations that nothing follows.
---@return string[]
function ScriptDirectory:get_heads() return self:map():heads() end

--- The migrations that follow nothing.
---@return string[]
function ScriptDirectory:get_bases() return self:map():bases() end

--- The one head; several are an error.
---@return string?
function ScriptDirectory:get_current_head()
  local heads = self:map():heads()
  if #heads > 1 then
    exc.raise("CommandError", "The script directory has multiple heads (due to branching). Please use get_heads(), or "
      .. "merge the branches using `alchemoon merge`.")
  end
  return heads[1]
end

--- The head of one branch or of all that are named; several are an error.
---@param id string
---@return string|string[]|nil
function ScriptDirectory:as_revision_number(id)
  local ids = self:map():resolve(id)
  if #ids <= 1 then return ids[1] end
  return ids
end

--- Revisions of several identifiers ("heads", {"a1", "b2"} …) as a list.
---@param ids any
---@return any[]
function ScriptDirectory:get_revisions(ids)
  local map, list = self:map(), {}
  for i, id in ipairs(map:resolve(ids)) do list[i] = map.by_id[id] end
  return list
end

-- A list that can also be called for the next one, as `for script in …` does.
local function listed(list)
  local at = 0
  return setmetatable(list, { __call = function()
    at = at + 1
    return list[at]
  end })
end

--- Migrations from newest to oldest: a list, also for `for script in scripts:walk_revisions() do`.
---@param base string?
---@param head string?
---@return any
function ScriptDirectory:walk_revisions(base, head)
  local map, list = self:map(), {}
  for i, id in ipairs(map:range(base, head)) do list[i] = map.by_id[id] end
  return listed(list)
end

--- Migrations between two identifiers, newest first; `lower` itself only with { inclusive = true }.
---@param upper any
---@param lower any
---@param opts table?
---@return any
function ScriptDirectory:iterate_revisions(upper, lower, opts)
  opts = options.read("iterate_revisions", opts, { inclusive = true, implicit_base = true,
    assert_relative_length = true, select_for_downgrade = true })
  local map, list = self:map(), {}
  if type(upper) == "string" and upper == "heads" then upper = nil end
  local without = {}
  if lower ~= nil and not opts.inclusive then
    for _, id in ipairs(map:resolve(lower)) do without[id] = true end
  end
  if lower == "base" then lower = nil end
  for _, id in ipairs(map:range(lower, upper)) do
    if not without[id] then list[#list + 1] = map.by_id[id] end
  end
  return listed(list)
end

--- The one base; several are an error.
---@return string?
function ScriptDirectory:get_base()
  local bases = self:map():bases()
  if #bases > 1 then
    exc.raise("CommandError", "The script directory has multiple bases. Please use get_bases().")
  end
  return bases[1]
end

--- Revisions that depend on nothing and that nothing follows are left out: what the version table holds at the end.
---@return string[]
function ScriptDirectory:get_real_heads() return self:map():real_heads() end

-- --- making files ---------------------------------------------------------------------------------------------

--- A new id: 12 hexadecimal digits.
---@return string
function ScriptDirectory.new_id()
  local source = io.open("/dev/urandom", "rb")
  if source then
    local bytes = source:read(6)
    source:close()
    return (bytes:gsub(".", function(ch) return ("%02x"):format(ch:byte()) end))
  end
  math.randomseed(os.time())
  return ("%06x%06x"):format(math.random(0, 0xffffff), math.random(0, 0xffffff))
end

local function slug(message, limit)
  local words = {}
  for word in (message or ""):lower():gmatch "[%w_]+" do words[#words + 1] = word end
  local text = table.concat(words, "_")
  if #text > limit then
    local cut = text:sub(1, limit)
    text = cut:match "^(.*)_[^_]*$" or cut
  end
  return text
end

function ScriptDirectory:file_name(id, message, time)
  local values = { rev = id, slug = slug(message, self.opts.truncate_slug_length), epoch = tostring(time) }
  for name, format in pairs { year = "%Y", month = "%m", day = "%d", hour = "%H", minute = "%M", second = "%S" } do
    values[name] = os.date("!" .. format, time)
  end
  local text = self.opts.file_template:gsub("%%%((%w+)%)[%d.]*[sd]", function(name)
    return values[name] or exc.raise("CommandError", "file_template has the unknown field '%s'", name)
  end)
  return (text:gsub("_+$", "")) .. ".lua"
end

local function single(list)
  if #list <= 1 then return list[1] end
  return list
end

-- Checks heads and splice; returns ids of the parents.
local function parents_for(self, opts)
  local map = self:map()
  local head = opts.head or "head"
  local ok, parents = pcall(map.resolve, map, head)
  if not ok then
    if exc.is(parents, exc.MultipleHeads) and head == "head" then
      exc.raise("CommandError", "Multiple heads are present; please specify the head revision on which the new " ..
        "revision should be based, or perform a merge.")
    end
    error(parents, 0)
  end
  for _, id in ipairs(parents) do
    if #map.by_id[id].nextrev > 0 and not opts.splice then
      exc.raise("CommandError", "Revision %s is not a head revision; please specify --splice to create a new branch " ..
        "from this revision", id)
    end
  end
  return parents
end

local GENERATE = { message = true, head = true, splice = true, branch_labels = true, version_path = true,
  depends_on = true, upgrades = true, downgrades = true, template_arguments = true, assured = true, imports = true }

local function location_for(self, opts, parents)
  if opts.version_path then
    for _, one in ipairs(self.locations) do
      if one == opts.version_path then return one end
    end
    exc.raise("CommandError", "Path %s is not represented in current version locations", opts.version_path)
  end
  if #self.locations == 1 then return self.locations[1] end
  local below = parents[1] and self:map().by_id[parents[1]].path
  if below then return files.folder_of(below) end
  return exc.raise("CommandError", "Multiple version locations present, please specify --version-path")
end

local function dependencies(self, given)
  if not given then return nil end
  local out = {}
  for i, id in ipairs(revision_ids.list(given)) do
    local map = self:map()
    if map.by_label[id] then out[i] = id else
      local found = map:get_revision(id)
      out[i] = found and found.revision or exc.raise("CommandError", "depends_on can't be base")
    end
  end
  return out
end

--- Writes a new migration; returns it.
---@param id string?
---@param opts table?
---@return any
function ScriptDirectory:generate_revision(id, opts)
  opts = options.read("generate_revision", opts, GENERATE)
  id = id or ScriptDirectory.new_id()
  local parents = parents_for(self, opts)
  local labels = revision_ids.list(opts.branch_labels)
  local needs = dependencies(self, opts.depends_on)
  local time = os.time()
  local date = os.date("!%Y-%m-%d %H:%M:%S", time)
  local message = opts.message or ""
  local literal = template.literal
  local values = {
    message = message == "" and "empty message" or message:gsub("\n", "\n-- "), revises = table.concat(parents, ", "),
    create_date = date, revision = literal(id), down_revision = literal(single(parents)),
    branch_labels = literal(#labels > 0 and labels or nil), depends_on = literal(needs and #needs > 0 and needs or nil),
    quoted_message = literal(message), quoted_date = literal(date),
    upgrades = opts.upgrades or "    -- nothing", downgrades = opts.downgrades or "    -- nothing",
  }
  for key, value in pairs(opts.template_arguments or {}) do values[key] = value end
  local text = self.dir and files.read(files.join(self.dir, TEMPLATE_NAME)) or template.migration
  local location = location_for(self, opts, parents)
  files.make_folder(location)
  local path = files.join(location, self:file_name(id, message, time))
  if files.exists(path) then exc.raise("CommandError", "File '%s' already exists", path) end
  -- the graph is checked before the file exists
  local all = self:load()
  all[#all + 1] = { revision = id, down_revision = single(parents), branch_labels = labels, depends_on = needs,
    path = path }
  RevisionMap.new(all)
  files.write(path, template.fill(text, values))
  self:forget()
  return self:map().by_id[id]
end

--- Makes the folder with the template.
---@param folder string
function ScriptDirectory.init(folder)
  local inside = files.list(folder)
  if inside and #inside > 0 then
    exc.raise("CommandError", "Directory %s already exists and is not empty", folder)
  end
  files.make_folder(files.join(folder, "versions"))
  files.write(files.join(folder, TEMPLATE_NAME), template.migration)
end

return ScriptDirectory
