-- Random sequences of session operations, compared with a plain model after every commit and rollback.
--
-- A sequence is a list of numbers, so that a failing one can be shrunk: parts are left out as long as it still fails.
-- ALCHEMOON_MODEL_RUNS sets how many sequences, ALCHEMOON_MODEL_SEED where they begin; the seed of a failure
-- is printed.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

local RUNS = tonumber(os.getenv "ALCHEMOON_MODEL_RUNS") or 40
local SEED = tonumber(os.getenv "ALCHEMOON_MODEL_SEED") or 1
local LENGTH = 50

-- A generator of our own: the same numbers on every Lua.
local function generator(seed)
  local state = seed % 2147483647
  if state == 0 then state = 1 end
  return function(n)
    state = (state * 48271) % 2147483647
    return state % n + 1
  end
end

local function sorted_keys(set)
  local keys = {}
  for key in pairs(set) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function pick(set, number)
  local keys = sorted_keys(set)
  return keys[(number - 1) % math.max(#keys, 1) + 1]
end

-- --- the model: rows by our own numbers; a row is copied on every change --------------------------------

local function copy_row(row)
  local out = {}
  for key, value in pairs(row) do out[key] = value end
  if row.tags then
    out.tags = {}
    for tag in pairs(row.tags) do out.tags[tag] = true end
  end
  return out
end

local function copy_model(model)
  local out = { next = model.next }
  for _, kind in ipairs { "users", "posts", "tags", "nodes" } do
    out[kind] = {}
    for key, row in pairs(model[kind]) do out[kind][key] = copy_row(row) end
  end
  return out
end

local World = {}
World.__index = World

local function new_world(env)
  return setmetatable({ env = env, session = env.session { expire_on_commit = true }, objects = {},
    model = { users = {}, posts = {}, tags = {}, nodes = {}, next = 0 }, saved = {}, savepoints = {} }, World)
end

function World:add(kind, class, row, values)
  local model = self.model
  model.next = model.next + 1
  local key = model.next
  model[kind][key] = row
  values.name = values.name and values.name .. key
  local obj = class(values)
  self.objects[key] = obj
  return key, obj
end

-- --- operations -----------------------------------------------------------------------------------------

local ops = {}

function ops.add_user(w)
  local key, obj = w:add("users", w.env.User, {}, { name = "u" })
  w.model.users[key].name = obj.name
  w.session:add(obj)
end

function ops.add_post(w, n)
  local key, obj = w:add("posts", w.env.Post, { tags = {} }, { title = "p" .. n })
  w.model.posts[key].title = obj.title
  local author = pick(w.model.users, n)
  if author and n % 3 > 0 then
    w.model.posts[key].author = author
    if n % 3 == 1 then obj.author = w.objects[author] else w.objects[author].posts:append(obj) end
  end
  w.session:add(obj)
end

function ops.add_tag(w)
  local key, obj = w:add("tags", w.env.Tag, {}, { name = "t" })
  w.model.tags[key].name = obj.name
  w.session:add(obj)
end

function ops.add_node(w, n)
  local key, obj = w:add("nodes", w.env.Node, {}, { name = "n" })
  w.model.nodes[key].name = obj.name
  local parent = pick(w.model.nodes, n)
  if parent and parent ~= key and n % 2 == 0 then
    w.model.nodes[key].parent = parent
    w.objects[parent].children:append(obj)
  end
  w.session:add(obj)
end

function ops.rename(w, n)
  local key = pick(w.model.users, n)
  if not key then return end
  w.objects[key].name = "r" .. n
  w.model.users[key].name = "r" .. n
end

function ops.retitle(w, n)
  local key = pick(w.model.posts, n)
  if not key then return end
  local title = n % 5 > 0 and "q" .. n or nil
  w.objects[key].title = title
  w.model.posts[key].title = title
end

function ops.move_post(w, n)
  local key, author = pick(w.model.posts, n), pick(w.model.users, n * 7)
  if not key then return end
  local row, obj = w.model.posts[key], w.objects[key]
  if n % 4 == 0 or not author then
    if row.author and n % 8 == 0 then w.objects[row.author].posts:remove(obj) else obj.author = nil end
    row.author = nil
  elseif n % 4 == 1 and row.author ~= author then
    w.objects[author].posts:append(obj)
    row.author = author
  else
    obj.author = w.objects[author]
    row.author = author
  end
end

function ops.tag_post(w, n)
  local key, tag = pick(w.model.posts, n), pick(w.model.tags, n * 5)
  if not key or not tag then return end
  local row, obj, tag_obj = w.model.posts[key], w.objects[key], w.objects[tag]
  if row.tags[tag] then
    row.tags[tag] = nil
    if n % 2 == 0 then obj.tags:remove(tag_obj) else tag_obj.posts:remove(obj) end
  else
    row.tags[tag] = true
    if n % 2 == 0 then obj.tags:append(tag_obj) else tag_obj.posts:append(obj) end
  end
end

local function drop(w, kind, key)
  w.model[kind][key] = nil
  w.objects[key] = nil
end

local function delete(w, kind, key)
  w.session:flush()
  w.session:delete(w.objects[key])
  w.session:flush()
  w.session:expire_all()
  drop(w, kind, key)
end

function ops.delete_post(w, n)
  local key = pick(w.model.posts, n)
  if key then delete(w, "posts", key) end
end

function ops.delete_user(w, n)
  local key = pick(w.model.users, n)
  if not key then return end
  delete(w, "users", key)
  for _, row in pairs(w.model.posts) do
    if row.author == key then row.author = nil end
  end
end

function ops.delete_tag(w, n)
  local key = pick(w.model.tags, n)
  if not key then return end
  delete(w, "tags", key)
  for _, row in pairs(w.model.posts) do row.tags[key] = nil end
end

local function drop_tree(w, key)
  for _, child in ipairs(sorted_keys(w.model.nodes)) do
    if w.model.nodes[child] and w.model.nodes[child].parent == key then drop_tree(w, child) end
  end
  drop(w, "nodes", key)
end

function ops.delete_node(w, n)
  local key = pick(w.model.nodes, n)
  if not key then return end
  w.session:flush()
  w.session:delete(w.objects[key])
  w.session:flush()
  w.session:expire_all()
  drop_tree(w, key)
end

function ops.flush(w) w.session:flush() end
function ops.expire(w, n)
  local key = pick(w.objects, n)
  local obj = key and w.objects[key]
  if obj and am.inspect(obj).persistent then
    w.session:flush()
    w.session:expire(obj)
  end
end
function ops.collect() collectgarbage() end

function ops.get(w, n)
  local key = pick(w.model.users, n)
  local obj = key and w.objects[key]
  if not obj then return end
  w.session:flush()
  assert(w.session:get(w.env.User, obj.id) == obj, "get gives another object")
end

function ops.savepoint(w)
  if #w.savepoints >= 3 then return end
  local transaction = w.session:begin_nested()
  table.insert(w.savepoints, { transaction, copy_model(w.model), w:all_objects() })
end

function World:all_objects()
  local out = {}
  for key, obj in pairs(self.objects) do out[key] = obj end
  return out
end

function ops.release(w)
  local last = table.remove(w.savepoints)
  if last then last[1]:commit() end
end

local function restore(w, model, objects)
  for key, obj in pairs(w.objects) do
    if not objects[key] then assert(am.inspect(obj).transient, "an object outlived its rollback") end
  end
  w.model = copy_model(model)
  w.objects = {}
  for key, obj in pairs(objects) do
    w.objects[key] = obj
    assert(am.inspect(obj).persistent, "an object was lost in a rollback")
  end
end

function ops.roll_back_to(w)
  local last = table.remove(w.savepoints)
  if not last then return end
  last[1]:rollback()
  restore(w, last[2], last[3])
end

-- --- comparison -----------------------------------------------------------------------------------------

local function same(what, expected, got)
  if expected ~= got then
    error(("%s: expected %s, got %s"):format(what, tostring(expected), tostring(got)), 0)
  end
end

-- Every object says what the model says; the database has as many rows.
local function compare(w)
  local model, objects, counts = w.model, w.objects, {}
  for key, row in pairs(model.users) do same("user " .. key, row.name, objects[key].name) end
  for key, row in pairs(model.posts) do
    local obj, author = objects[key], row.author
    same("title of " .. key, row.title, obj.title)
    same("author of " .. key, author and objects[author], obj.author)
    local count = 0
    for tag in pairs(row.tags) do
      count = count + 1
      same(("tag %d of %d"):format(tag, key), true, obj.tags:contains(objects[tag]))
    end
    same("tags of " .. key, count, #obj.tags)
    if author then
      counts[author] = (counts[author] or 0) + 1
      same("post of " .. author, true, objects[author].posts:contains(obj))
    end
  end
  for key in pairs(model.users) do same("posts of " .. key, counts[key] or 0, #objects[key].posts) end
  for key, row in pairs(model.nodes) do
    same("node " .. key, row.name, objects[key].name)
    same("parent of " .. key, row.parent and objects[row.parent], objects[key].parent)
  end
  for kind, class in pairs { users = w.env.User, posts = w.env.Post, tags = w.env.Tag, nodes = w.env.Node } do
    same("rows of " .. kind, #sorted_keys(model[kind]),
      w.session:scalar(am.select(am.func.count()):select_from(class)))
  end
end

function ops.commit(w)
  w.session:commit()
  w.savepoints = {}
  w.saved = { copy_model(w.model), w:all_objects() }
  compare(w)
end

function ops.rollback(w)
  w.session:rollback()
  w.savepoints = {}
  restore(w, w.saved[1], w.saved[2])
  compare(w)
end

local NAMES = { "add_user", "add_user", "add_post", "add_post", "add_post", "add_tag", "add_node", "add_node", "rename",
  "retitle", "move_post", "move_post", "move_post", "tag_post", "tag_post", "tag_post", "delete_post", "delete_user",
  "delete_tag", "delete_node", "flush", "expire", "collect", "get", "savepoint", "release", "roll_back_to", "commit",
  "commit", "rollback" }

-- --- sequences ------------------------------------------------------------------------------------------

local function sequence(seed)
  local random, list = generator(seed), {}
  for i = 1, LENGTH do list[i] = { NAMES[random(#NAMES)], random(1000) } end
  list[#list + 1] = { "commit", 1 }
  return list
end

local function clear(env)
  am.close_all_sessions()
  env.engine:begin(function(conn)
    for _, name in ipairs { "post_tags", "posts", "users", "tags", "nodes" } do
      conn:execute(am.text("delete from " .. name))
    end
  end)
end

local function run(env, list)
  clear(env)
  local w = new_world(env)
  w.saved = { copy_model(w.model), {} }
  local ok, e, at = true, nil, 0
  for i, op in ipairs(list) do
    at = i
    ok, e = pcall(ops[op[1]], w, op[2])
    if not ok then break end
  end
  pcall(w.session.close, w.session)
  return ok, ok or ("operation %d (%s): %s"):format(at, list[at][1], tostring(e))
end

-- Leaves out parts as long as the rest still fails.
local function shrink(env, list)
  local size = math.floor(#list / 2)
  while size >= 1 do
    local at = 1
    while at <= #list do
      local shorter = {}
      for i, op in ipairs(list) do
        if i < at or i >= at + size then shorter[#shorter + 1] = op end
      end
      if #shorter > 0 and not run(env, shorter) then list = shorter else at = at + size end
    end
    size = math.floor(size / 2)
  end
  return list
end

local function report(env, list, seed)
  local short = shrink(env, list)
  local _, why = run(env, short)
  local lines = {}
  for _, op in ipairs(short) do lines[#lines + 1] = ("  { \"%s\", %d },"):format(op[1], op[2]) end
  error(("seed %d fails: %s\n%s"):format(seed, why, table.concat(lines, "\n")), 0)
end

backends.each(function(backend)
  describe("random sessions", function()
    it("agree with a plain model from seed " .. SEED, function()
      if backend.name == "sqlite-file" then return end
      local opts = { log = { params = false }, posts = { back_populates = "author", order_by = "Post.id" } }
      blog.with(backend, opts, function(env)
        for seed = SEED, SEED + RUNS - 1 do
          local list = sequence(seed)
          local ok = run(env, list)
          if not ok then report(env, list, seed) end
        end
      end)
    end)
  end)
end)
