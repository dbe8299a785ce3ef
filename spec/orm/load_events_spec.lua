-- The events `load` and `refresh` of statements that bring several objects per row: each object once, in the order of
-- the rows, what hangs on an object before it.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

backends.each(function(backend)
  local env, session, told, kept

  before_each(function()
    env = blog.env(backend)
    session, told = env.session(), {}
    for _, class in ipairs { env.User, env.Post } do
      for _, name in ipairs { "load", "refresh" } do
        am.event.listen(class, name, function(obj, _, names)
          local list = {}
          for i, key in ipairs(type(names) == "table" and names or {}) do list[i] = key end
          table.sort(list)
          told[#told + 1] = name .. " " .. (class == env.User and "u" or "p") .. obj.id
            .. (#list > 0 and "(" .. table.concat(list, ",") .. ")" or "")
        end)
      end
    end
    for i = 1, 2 do
      local posts = { env.Post { id = 10 * i + 1 }, env.Post { id = 10 * i + 2 } }
      session:add(env.User { id = i, name = "n", posts = posts })
    end
    session:commit()
    session:expunge_all()
  end)

  after_each(function() env.close() end)

  -- The events of a statement after `ready` has loaded something.
  local function events(stmt, ready, options)
    session:expunge_all()
    kept = ready and ready()
    told = {}
    session:execute(stmt, nil, { execution_options = options }):unique():all()
    return table.concat(told, " ")
  end

  local function users() return session:scalars(am.select(env.User)):all() end

  local function all_expired()
    local list = users()
    for _, post in ipairs(session:scalars(am.select(env.Post)):all()) do list[#list + 1] = post end
    session:expire_all()
    return list
  end

  local function names_expired()
    local list = users()
    for _, user in ipairs(list) do session:expire(user, { "name" }) end
    return list
  end

  local U, P = "(email,id,name,posts)", "(author,author_id,id,tags,title)"

  it("joined eager loading: the members, then the owner", function()
    local User, Post = env.User, env.Post
    local stmt = am.select(User):options(am.joinedload(User.posts)):order_by(User.id)
    assert.equal("load p11 load u1 load p12 load p21 load u2 load p22", events(stmt))
    assert.equal(("refresh p11P refresh u1U refresh p12P refresh p21P refresh u2U refresh p22P"):gsub("[PU]",
      { P = P, U = U }), events(stmt, all_expired))
    assert.equal("refresh p11 refresh u1 refresh p12 refresh p21 refresh u2 refresh p22",
      events(stmt, all_expired, { populate_existing = true }))
    assert.equal("load p11 refresh u1(name,posts) load p12 load p21 refresh u2(name,posts) load p22",
      events(stmt, names_expired))
    local back = am.select(User):options(am.joinedload(User.posts):joinedload(Post.author)):order_by(User.id)
    assert.equal("load p11 load u1 load p12 load p21 load u2 load p22", events(back))
    assert.equal("refresh p11 refresh u1 refresh p12 refresh p21 refresh u2 refresh p22",
      events(back, all_expired, { populate_existing = true }))
    assert.is_truthy(kept)
  end)

  it("several entities: in the order of the columns clause", function()
    local User, Post = env.User, env.Post
    local stmt = am.select(User, Post):join(Post, Post.author_id:eq(User.id)):order_by(User.id, Post.id)
    assert.equal("load u1 load p11 load p12 load u2 load p21 load p22", events(stmt))
    assert.equal(("refresh u1U refresh p11P refresh p12P refresh u2U refresh p21P refresh p22P"):gsub("[PU]",
      { P = P, U = U }), events(stmt, all_expired))
    assert.equal("refresh u1(name,posts) load p11 load p12 refresh u2(name,posts) load p21 load p22",
      events(stmt, names_expired))
  end)

  it("an attribute that was loaded already is not named, its owner is told all the same", function()
    local User, Post = env.User, env.Post
    local function loaded() return session:scalars(am.select(User):options(am.selectinload(User.posts))):all() end
    local stmt = am.select(User):options(am.joinedload(User.posts)):order_by(User.id)
    assert.equal("refresh p11(author,tags) refresh u1 refresh p12(author,tags) refresh p21(author,tags) refresh u2 "
      .. "refresh p22(author,tags)", events(stmt, loaded))
    assert.equal("refresh p11(author,tags) refresh p12(author,tags) refresh p21(author,tags) refresh p22(author,tags)",
      events(am.select(Post):options(am.joinedload(Post.author)):order_by(Post.id), loaded))
  end)
end)
