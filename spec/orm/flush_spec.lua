-- What a flush emits: order, batches, keys, relationships.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local garbage = require "support.garbage"
local raises = require("support.init").raises_exc

backends.each(function(backend)
  local function with(opts, fn) return blog.with(backend, opts, fn) end
  local returning = backend.dialect == "postgresql" and "RETURNING id " or ""

  -- The statements of an INSERT of a few rows whose keys the database makes: SQLite is asked row by row.
  local function few(head, row, rows)
    if backend.dialect ~= "sqlite" then
      return { ("%s%s RETURNING id [%s]"):format(head, row .. (", " .. row):rep(#rows - 1), table.concat(rows, " ")) }
    end
    local out = {}
    for i, one in ipairs(rows) do out[i] = ("%s%s RETURNING id [%s]"):format(head, row, one) end
    return out
  end
  local function all(...)
    local out = {}
    for _, list in ipairs { ... } do
      for _, text in ipairs(type(list) == "table" and list or { list }) do out[#out + 1] = text end
    end
    return out
  end

  describe("flush", function()
    it("runs no collector that the program has stopped, however many objects there are", function()
      with(nil, function(env)
        local s, users = env.session(), {}
        for i = 1, 3000 do users[i] = env.User { name = "user " .. i } end
        local weak = setmetatable({}, { __mode = "v" })
        garbage.stop()
        garbage.lose(function() weak[1] = {} end)
        s:add_all(users)
        s:flush()
        local kept, running = weak[1] ~= nil, collectgarbage("isrunning")
        collectgarbage("restart")
        assert.same({ true, false }, { kept, running })
        assert.equal(3000, s:scalar(am.select(am.func.count()):select_from(env.User)))
        for i = 1, 3000, 500 do assert.equal(users[i], s:get(env.User, users[i].id)) end
        collectgarbage()
        assert.is_nil(weak[1])
      end)
    end)

    it("inserts parents before children, in batches", function()
      with(nil, function(env)
        local s = env.session()
        local ann, bob = env.User { name = "ann" }, env.User { name = "bob" }
        ann.posts:extend { env.Post { title = "one" }, env.Post { title = "two" } }
        bob.posts:append(env.Post { title = "three" })
        s:add_all { ann, bob }
        s:flush()
        assert.same(all(few("INSERT INTO users (name, email) VALUES ", "(?, ?)", { "(ann, NULL)", "(bob, NULL)" }),
          few("INSERT INTO posts (title, author_id) VALUES ", "(?, ?)", { "(one, 1)", "(two, 1)", "(three, 2)" })),
          env.log:take())
        assert.equal(2, bob.id)
        assert.equal(3, bob.posts[1].id)
        s:close()
      end)
    end)

    it("sends many rows together on every database", function()
      with(nil, function(env)
        local s = env.session()
        for i = 1, 40 do s:add(env.User { name = "u" .. i }) end
        s:flush()
        assert.equal(1, #env.log:take())
        s:close()
      end)
    end)

    it("gives each object of many its own key, whatever was in the transaction before", function()
      with(nil, function(env)
        local s = env.session()
        for round, count in ipairs { 20, 137, 20, 333 } do
          local users = {}
          for i = 1, count do users[i] = env.User { name = ("%d of round %d"):format(i, round) } end
          s:add_all(users)
          s:flush()
          local found = {}
          for _, row in ipairs(s:execute(am.select(env.User.id, env.User.name)):all()) do found[row.id] = row.name end
          for i, user in ipairs(users) do assert.equal(("%d of round %d"):format(i, round), found[user.id]) end
          if round == 2 then s:commit() end
        end
        s:close()
      end)
    end)

    it("updates only what changed, by primary key", function()
      with(nil, function(env)
        local s = env.session()
        local users = {}
        for i = 1, 4 do users[i] = env.User { name = "u" .. i } end
        s:add_all(users)
        s:flush()
        env.log:take()
        users[3].name, users[1].name = "c", "a"
        users[2].email = "b@example.org"
        users[4].name = "x"
        users[4].name = "u4"
        s:flush()
        assert.same({
          "UPDATE users SET name=? WHERE users.id = ? [a, 1]",
          "UPDATE users SET email=? WHERE users.id = ? [b@example.org, 2]",
          "UPDATE users SET name=? WHERE users.id = ? [c, 3]",
        }, env.log:take())
        users[1].name, users[2].name = "aa", "bb"
        s:flush()
        assert.same({ "UPDATE users SET name=? WHERE users.id = ? [(aa, 1) (bb, 2)]" }, env.log:take())
        s:flush()
        assert.same({}, env.log:take())
        s:close()
      end)
    end)

    it("deletes children first and nulls keys without cascade", function()
      with({ posts = { back_populates = "author", order_by = "Post.id" } }, function(env)
        local s = env.session()
        local ann = env.User { name = "ann" }
        ann.posts = { env.Post { title = "one" }, env.Post { title = "two" } }
        s:add(ann)
        s:flush()
        env.log:take()
        s:delete(ann)
        s:flush()
        assert.same({
          "UPDATE posts SET author_id=? WHERE posts.id = ? [(NULL, 1) (NULL, 2)]",
          "DELETE FROM users WHERE users.id = ? [1]",
        }, env.log:take())
        s:close()
      end)
    end)

    it("deletes along cascades and orphans", function()
      local posts = { back_populates = "author", cascade = "all, delete-orphan", order_by = "Post.id" }
      with({ posts = posts }, function(env)
        local s = env.session()
        local ann = env.User { name = "ann" }
        ann.posts = { env.Post { title = "one" }, env.Post { title = "two" }, env.Post { title = "three" } }
        s:add(ann)
        s:flush()
        env.log:take()
        local one = ann.posts[1]
        ann.posts:remove(one)
        s:flush()
        local list = env.log:take()
        assert.equal("DELETE FROM posts WHERE posts.id = ? [1]", list[#list])
        assert.is_true(am.inspect(one).deleted)
        s:delete(ann)
        s:flush()
        list = env.log:take()
        assert.equal("DELETE FROM posts WHERE posts.id = ? [(2) (3)]", list[#list - 1])
        assert.equal("DELETE FROM users WHERE users.id = ? [1]", list[#list])
        s:rollback()
        assert.is_true(am.inspect(ann).transient)
        s:close()
      end)
    end)

    it("moves a child from one parent to another", function()
      with(nil, function(env)
        local s = env.session()
        local ann, bob, post = env.User { name = "ann" }, env.User { name = "bob" }, env.Post { title = "one" }
        ann.posts = { post }
        s:add_all { ann, bob }
        s:commit()
        env.log:take()
        post.author = bob
        s:flush()
        local list = env.log:take()
        assert.equal("UPDATE posts SET author_id=? WHERE posts.id = ? [2, 1]", list[#list])
        bob.posts = {}
        s:flush()
        list = env.log:take()
        assert.equal("UPDATE posts SET author_id=? WHERE posts.id = ? [NULL, 1]", list[#list])
        s:close()
      end)
    end)

    it("writes association rows after both sides", function()
      with(nil, function(env)
        local s = env.session()
        local post = env.Post { title = "p" }
        post.tags = { env.Tag { name = "x" }, env.Tag { name = "y" } }
        s:add(post)
        s:flush()
        assert.same(all("INSERT INTO posts (title, author_id) VALUES (?, ?) " .. returning .. "[p, NULL]",
          few("INSERT INTO tags (name) VALUES ", "(?)", { "(x)", "(y)" }),
          "INSERT INTO post_tags (post_id, tag_id) VALUES (?, ?) [(1, 1) (1, 2)]"), env.log:take())
        post.tags:remove(post.tags[1])
        s:flush()
        assert.same({ "DELETE FROM post_tags WHERE post_tags.post_id = ? AND post_tags.tag_id = ? [1, 1]" },
          env.log:take())
        s:delete(post)
        s:flush()
        assert.same({
          "DELETE FROM post_tags WHERE post_tags.post_id = ? AND post_tags.tag_id = ? [1, 2]",
          "DELETE FROM posts WHERE posts.id = ? [1]",
        }, env.log:take())
        s:close()
      end)
    end)

    it("finds that association rows are gone", function()
      with(nil, function(env)
        local s = env.session()
        local post = env.Post { title = "p" }
        post.tags = { env.Tag { name = "x" } }
        s:add(post)
        s:flush()
        s:execute(am.text("delete from post_tags"))
        post.tags = {}
        raises("StaleDataError", function() s:flush() end,
          "DELETE statement on table 'post_tags' expected to delete 1 row%(s%); Only 0 were matched%.")
        s:close()
      end)
    end)

    it("stores a tree level by level", function()
      with(nil, function(env)
        local s = env.session()
        local function node(name, ...)
          local n = env.Node { name = name }
          n.children = { ... }
          return n
        end
        local root = node("root", node("a", node("a1"), node("a2")), node("b"))
        s:add(root)
        s:flush()
        assert.same(all("INSERT INTO nodes (name, parent_id) VALUES (?, ?) " .. returning .. "[root, NULL]",
          few("INSERT INTO nodes (name, parent_id) VALUES ", "(?, ?)", { "(a, 1)", "(b, 1)" }),
          few("INSERT INTO nodes (name, parent_id) VALUES ", "(?, ?)", { "(a1, 2)", "(a2, 2)" })), env.log:take())
        s:delete(root)
        s:flush()
        assert.same({
          "DELETE FROM nodes WHERE nodes.id = ? [(3) (4) (5)]", "DELETE FROM nodes WHERE nodes.id = ? [2]",
          "DELETE FROM nodes WHERE nodes.id = ? [1]",
        }, env.log:take())
        s:close()
      end)
    end)

    it("takes over the row of an object that is being deleted", function()
      with(nil, function(env)
        local s = env.session()
        local old = env.User { id = 5, name = "old", email = "e" }
        s:add(old)
        s:commit()
        s:delete(old)
        local new = env.User { id = 5, name = "new" }
        s:add(new)
        env.log:take()
        s:flush()
        local list = env.log:take()
        assert.equal("UPDATE users SET name=? WHERE users.id = ? [new, 5]", list[#list])
        assert.equal(new, s:get(env.User, 5))
        s:commit()
        assert.is_true(am.inspect(old).detached)
        s:close()
      end)
    end)

    it("renders SQL expressions set as values", function()
      with(nil, function(env)
        local s = env.session()
        local ann = env.User { name = "ann" }
        s:add(ann)
        s:flush()
        env.log:take()
        ann.name = env.User.name .. "!"
        s:flush()
        assert.same({ "UPDATE users SET name=(users.name || ?) WHERE users.id = ? [!, 1]" }, env.log:take())
        assert.equal("ann!", ann.name)
        s:close()
      end)
    end)

    it("complains about a missing key", function()
      with(nil, function(env)
        local s = env.session()
        s:add(env.User { name = "ann" })
        s:flush()
        local e = raises("StaleDataError", function()
          local ann = s:get(env.User, 1)
          s:execute(am.text("delete from users"))
          ann.name = "x"
          s:flush()
        end)
        assert.matches("UPDATE statement on table 'users' expected to update 1 row%(s%); 0 were matched%.", tostring(e))
        s:close()
      end)
    end)
  end)
end)

describe("the DELETE of an object", function()
  it("is preceded by a look at a reference that no primary key finds", function()
    local Base = am.declarative_base()
    local Team = Base:model("Team", { __tablename__ = "team", id = am.Column(am.Integer, { primary_key = true }),
      code = am.Column(am.String) })
    local Player = Base:model("Player", { __tablename__ = "player",
      id = am.Column(am.Integer, { primary_key = true }), team_code = am.Column(am.String),
      team = am.relationship(Team, { primaryjoin = "Player.team_code == Team.code", foreign_keys = "Player.team_code",
        lazy = "raise_on_sql" }) })
    local engine = am.create_engine("sqlite://")
    Base.metadata:create_all(engine)
    local session, seen = am.Session(engine), {}
    session:add(Player { id = 1, team = Team { id = 1, code = "x" } })
    session:commit()
    local player = session:get(Player, 1)
    am.event.listen(engine, "before_cursor_execute", function(_, _, text) seen[#seen + 1] = text:match "^%a+ .-%a+" end)
    session:delete(player)
    session:flush()
    assert.same({ "SELECT team", "DELETE FROM" }, seen)
    session:close()
    engine:dispose()
  end)
end)

-- Teams with men, each side of the relationship following the other, in a database of their own.
local function teams()
  local Base = am.declarative_base()
  local Team = Base:model("Team", { __tablename__ = "team", id = am.Column(am.Integer, { primary_key = true }),
    men = am.relationship("Man", { back_populates = "team" }) })
  local Man = Base:model("Man", { __tablename__ = "man", id = am.Column(am.Integer, { primary_key = true }),
    team_id = am.Column(am.ForeignKey "team.id"), team = am.relationship("Team", { back_populates = "men" }) })
  local engine = am.create_engine "sqlite://"
  Base.metadata:create_all(engine)
  return Team, Man, engine
end

describe("the key of a child", function()
  it("is taken from the former child that another one replaced, though it still refers to the parent", function()
    local Base = am.declarative_base()
    local Cart = Base:model("Cart", { __tablename__ = "cart", id = am.Column(am.Integer, { primary_key = true }),
      buyer_id = am.Column(am.ForeignKey "buyer.id"), buyer = am.relationship("Buyer", { back_populates = "cart",
        cascade = "all, delete-orphan", single_parent = true }) })
    local Buyer = Base:model("Buyer", { __tablename__ = "buyer", id = am.Column(am.Integer, { primary_key = true }),
      cart = am.relationship("Cart", { back_populates = "buyer", uselist = false }) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    local first = Cart { id = 1, buyer = Buyer { id = 1 } }
    session:add(first)
    session:commit()
    local second = Cart { id = 2 }
    second.buyer = first.buyer -- whose cart is not loaded, so that first.buyer stays
    second.buyer = Buyer { id = 2 } -- leaves the first buyer an orphan
    session:add(second)
    session:commit()
    assert.same({ 2 }, session:scalars(am.select(Buyer.id)):all())
    assert.same({ am.null, 2 }, session:scalars(am.select(Cart.buyer_id):order_by(Cart.id)):all())
    session:close()
    engine:dispose()
  end)

  it("is looked for when its parent is flushed, not when the parent is added once more", function()
    local Base = am.declarative_base()
    local Cart = Base:model("Cart", { __tablename__ = "cart", id = am.Column(am.Integer, { primary_key = true }),
      buyer_id = am.Column(am.ForeignKey "buyer.id") })
    local Buyer = Base:model("Buyer", { __tablename__ = "buyer", id = am.Column(am.Integer, { primary_key = true }),
      cart = am.relationship("Cart", { uselist = false }) })
    local engine, texts = am.create_engine "sqlite://", {}
    Base.metadata:create_all(engine)
    local session = am.Session(engine)
    session:add(Buyer { id = 1, cart = Cart { id = 1 } })
    session:commit()
    local buyer = session:get(Buyer, 1)
    buyer.cart = nil -- which one it was is not known
    am.event.listen(engine, "before_cursor_execute", function(_, _, text) texts[#texts + 1] = text:match "^%a+" end)
    session:add(buyer)
    assert.same({}, texts)
    session:flush()
    assert.same({ "SELECT", "UPDATE" }, texts)
    session:close()
    engine:dispose()
  end)

  it("stays when it went over to a parent that the session does not know", function()
    local Team, Man, engine = teams()
    local session = am.Session(engine)
    local former, gone, man = Team { id = 1 }, Team { id = 2 }, Man { id = 1 }
    former.men:append(man)
    session:add_all { former, gone }
    session:commit()
    assert.same({ 1, 0 }, { #former.men, #gone.men })
    session:expunge(gone)
    gone.men:append(man)
    assert.equal(0, #former.men)
    am.logging.set_handler(function() end) -- "not in session, add operation along 'Man.team' won't proceed"
    session:flush()
    am.logging.set_handler(nil)
    assert.equal(1, man.team_id)
    former.men:append(man)
    former.men:remove(man)
    session:flush()
    assert.is_nil(man.team_id)
    session:close()
    engine:dispose()
  end)

  it("leaves the object that has the key of its deleted parent", function()
    local Team, Man, engine = teams()
    local session = am.Session(engine, { expire_on_commit = false })
    local former, man = Team { id = 1 }, Man { id = 1 }
    session:add(former)
    session:flush()
    assert.equal(0, #former.men)
    session:delete(former)
    former.men:append(man)
    session:flush()
    assert.equal(1, man.team_id)
    local heir = Team { id = 1 }
    session:add(heir)
    session:flush()
    assert.equal(man, heir.men:pop(1))
    assert.equal(former, man.team)
    session:commit()
    assert.same({ am.null }, session:scalars(am.select(Man.team_id)):all())
    session:close()
    engine:dispose()
  end)
end)
