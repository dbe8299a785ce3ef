-- A JSON API over the blog's models (examples/blog/models.lua): routes, one session per request, errors as JSON.
-- luacheck: globals ngx
local am = require "alchemoon"
local cjson = require "cjson"
local m = require "blog.models"
local openresty = require "alchemoon.openresty"

local app = {}

-- One engine per worker, made at its first use. It waits as nginx waits, found by itself.
local function engine()
  return openresty.engine(os.getenv "BLOG_URL", { pool_size = 20, pool_timeout = 5 }, "blog")
end

local function fail(status, message) error({ status = status, message = message }, 0) end

local function found(object, what) return object or fail(404, what .. " not found") end

local function input(required)
  ngx.req.read_body()
  local ok, body = pcall(cjson.decode, ngx.req.get_body_data() or "")
  if not ok or type(body) ~= "table" then fail(400, "the body is not a JSON object") end
  for _, name in ipairs(required) do
    if type(body[name]) ~= "string" and type(body[name]) ~= "number" then fail(400, name .. " is missing") end
  end
  return body
end

-- Objects as JSON ------------------------------------------------------------------------------------

local function list(items, fn)
  local out = setmetatable({}, cjson.array_mt)
  for i, item in ipairs(items) do out[i] = fn(item) end
  return out
end

local function brief(post)
  return { id = post.id, title = post.title, status = post.status, views = post.views, author = post.author.name,
    tags = list(post.tag_names, tostring), created_at = tostring(post.created_at) }
end

local function thread(comment)
  return { id = comment.id, author = comment.author.name, text = comment.text, replies = list(comment.replies, thread) }
end

-- Routes: method and path → handler(session, id) → status, table -----------------------------------------

local routes = {}

routes["GET /posts"] = function(session)
  local arg = ngx.req.get_uri_args()
  local stmt = am.select(m.Post):options(am.joinedload(m.Post.author), am.selectinload(m.Post.tags))
    :order_by(m.Post.id:desc()):limit(tonumber(arg.limit) or 20)
  if arg.status then stmt = stmt:where(m.Post.status:eq(arg.status)) end
  if arg.tag then stmt = stmt:where(m.Post.tags:any(m.Tag.name:eq(arg.tag))) end
  return 200, list(session:scalars(stmt):all(), brief)
end

routes["GET /posts/id"] = function(session, id)
  local post = found(session:get(m.Post, id), "post")
  post.views = m.Post.views + 1
  session:flush()
  local out = brief(post) -- loads author and tags lazily; the worker serves others meanwhile
  out.body = post.body
  local top = am.select(m.Comment):where(m.Comment.post_id:eq(id), m.Comment.parent_id:is_(nil)):order_by(m.Comment.id)
  out.comments = list(session:scalars(top):all(), thread)
  return 200, out
end

routes["POST /posts"] = function(session)
  local body = input{ "title", "author_id" }
  local author = found(session:get(m.User, tonumber(body.author_id)), "author")
  local post = m.Post{ title = body.title, body = body.body, author = author, status = "published" }
  for _, name in ipairs(body.tags or {}) do
    local tag = session:scalars(am.select(m.Tag):where(m.Tag.name:eq(name))):first() or m.Tag{ name = name }
    post.tags:append(tag)
  end
  session:add(post)
  session:flush()
  return 201, brief(post)
end

routes["POST /posts/id/comments"] = function(session, id)
  local body = input{ "text", "author_id" }
  local post = found(session:get(m.Post, id), "post")
  local comment = m.Comment{ post = post, author = found(session:get(m.User, tonumber(body.author_id)), "author"),
    text = body.text, parent_id = tonumber(body.parent_id) }
  session:add(comment)
  session:flush()
  return 201, thread(comment)
end

routes["DELETE /posts/id"] = function(session, id)
  session:delete(found(session:get(m.Post, id), "post"))
  return 204
end

routes["GET /users/id"] = function(session, id)
  local user = found(session:get(m.User, id), "user")
  return 200, { id = user.id, name = user.name, email = user.email, posts = list(user.posts, function(post)
    return { id = post.id, title = post.title, comments = #post.comments }
  end) }
end

routes["GET /slow"] = function(session)
  session:execute(am.text("select pg_sleep(1)"))
  return 200, { slept = 1 }
end

-- Requests ---------------------------------------------------------------------------------------------

local function route()
  local id
  local path = ngx.var.uri:gsub("^(/%a+/)(%d+)", function(front, digits)
    id = tonumber(digits)
    return front .. "id"
  end)
  return found(routes[ngx.req.get_method() .. " " .. path], "route"), id
end

local function answer(status, body)
  ngx.status = status
  if body then
    ngx.header.content_type = "application/json"
    ngx.say(cjson.encode(body))
  end
end

--- content_by_lua: a session in a transaction, committed before the answer goes out.
function app.handle()
  local ok, status, body = pcall(function()
    local handler, id = route()
    return openresty.session(engine(), function(session) return handler(session, id) end)
  end)
  if ok then return answer(status, body) end
  local e = status
  if type(e) == "table" and e.status then return answer(e.status, { error = e.message }) end
  if am.exc.is(e, am.exc.IntegrityError) then return answer(409, { error = "conflict" }) end
  if am.exc.is(e, am.exc.TimeoutError) then return answer(503, { error = "busy" }) end
  ngx.log(ngx.ERR, tostring(e))
  answer(500, { error = "internal error" })
end

return app
