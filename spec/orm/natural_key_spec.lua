-- Primary keys that mean something: they change, they are composite, they are dates.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

local function users_of(passive)
  return function()
    local Base = am.declarative_base()
    local User = Base:model("User", { __tablename__ = "users", name = am.Column(am.String(20), { primary_key = true }),
      emails = am.relationship("Email", { back_populates = "user", passive_updates = passive,
        order_by = "Email.at" }) })
    local Email = Base:model("Email", { __tablename__ = "emails", at = am.Column(am.String(20), { primary_key = true }),
      name = am.Column(am.String(20), am.ForeignKey("users.name", { onupdate = "CASCADE" })),
      user = am.relationship("User", { back_populates = "emails", passive_updates = passive }) })
    return { Base = Base, User = User, Email = Email }
  end
end

local function days()
  local Base = am.declarative_base()
  local Day = Base:model("Day", { __tablename__ = "days", day = am.Column(am.Date, { primary_key = true }),
    hour = am.Column(am.Integer, { primary_key = true, autoincrement = false }), name = am.Column(am.String(20)) })
  local Single = Base:model("Single", { __tablename__ = "singles", day = am.Column(am.Date, { primary_key = true }),
    name = am.Column(am.String(20)) })
  return { Base = Base, Day = Day, Single = Single }
end

local function shelves()
  local Base = am.declarative_base()
  local Bin = Base:model("Bin", { __tablename__ = "bins", row = am.Column(am.Integer, { primary_key = true }),
    shelf = am.Column(am.Integer, { primary_key = true }),
    stock = am.relationship("Stock", { back_populates = "bin" }) })
  local Stock = Base:model("Stock", { __tablename__ = "stock", row = am.Column(am.Integer, { primary_key = true }),
    shelf = am.Column(am.Integer, { primary_key = true }), sku = am.Column(am.String(10), { primary_key = true }),
    __table_args__ = { am.ForeignKeyConstraint({ "row", "shelf" }, { "bins.row", "bins.shelf" }) },
    bin = am.relationship("Bin", { back_populates = "stock" }) })
  return { Base = Base, Bin = Bin, Stock = Stock }
end

local function capitals()
  local Base = am.declarative_base()
  local Land = Base:model("Land", { __tablename__ = "lands", code = am.Column(am.String(5), { primary_key = true }),
    capital = am.relationship("Town", { uselist = false, back_populates = "land" }) })
  local Town = Base:model("Town", { __tablename__ = "towns", id = am.Column(am.Integer, { primary_key = true }),
    land_code = am.Column(am.String(5), am.ForeignKey("lands.code", { onupdate = "CASCADE" })),
    land = am.relationship("Land", { back_populates = "capital" }) })
  return { Base = Base, Land = Land, Town = Town }
end

backends.each(function(backend)
  describe("a key that changes", function()
    it("is set by a relationship only where it is another than the stored one of an expired object", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local stock = env.Stock { sku = "bolt", bin = env.Bin { row = 1, shelf = 1 } }
        s:add_all { stock, env.Bin { row = 2, shelf = 1 } }
        s:commit()
        local other = s:get(env.Bin, { 2, 1 })
        stock.bin = other
        env.log:take()
        s:flush()
        local texts = env.log:take()
        assert.equal(2, #texts)
        assert.is_truthy(texts[2]:find("UPDATE stock SET \"?row\"?=%S+ WHERE"), texts[2])
        s:close()
      end, shelves)
    end)

    it("goes round in the order of the keys that are stored", function()
      blog.with(backend, nil, function(env)
        local s, day = env.session(), am.date(2026, 1, 1)
        local a, b = env.Day { day = day, hour = 1 }, env.Day { day = day, hour = 2 }
        s:add_all { a, b }
        s:commit()
        for _, hours in ipairs { { 3, 1 }, { 1, 2 }, { 0, 1 } } do
          assert.is_true(a.hour ~= b.hour) -- loaded now: no autoflush between the two
          a.hour, b.hour = hours[1], hours[2]
          s:commit()
        end
        assert.equal(b, s:get(env.Day, { day, 1 }))
        s:close()
      end, days)
    end)

    it("is found under its new value, and under the old one after a rollback", function()
      blog.with(backend, nil, function(env)
        local s, jack = env.session(), env.User { name = "jack" }
        s:add(jack)
        s:commit()
        jack.name = "ed"
        s:flush()
        assert.equal(jack, s:get(env.User, "ed"))
        s:rollback()
        assert.equal("jack", jack.name)
        assert.equal(jack, s:get(env.User, "jack"))
        assert.is_nil(s:get(env.User, "ed"))
        s:close()
      end, users_of(true))
    end)

    if backend.dialect == "sqlite" then -- others need ON UPDATE CASCADE, which passive_updates = true is for
      it("is followed by those who refer to it if the database does not do that", function()
        blog.with(backend, nil, function(env)
          local s = env.session()
          local jack = env.User { name = "jack", emails = { env.Email { at = "a" }, env.Email { at = "b" } } }
          s:add(jack)
          s:commit()
          jack.name = "ed"
          s:flush()
          assert.equal("ed", jack.emails[1].name)
          s:commit()
          assert.equal("ed", s:get(env.Email, "b").name)
          s:close()
        end, users_of(false))
      end)
    end

    it("stands in a comparison by its last stored value once the object is detached", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local user = env.User { name = "ann", emails = { env.Email { at = "ann@home" } } }
        s:add(user)
        s:commit()
        local query = s:query(env.Email):filter(env.Email.user:eq(user))
        assert.equal(1, query:count()) -- the comparison has seen "ann"
        user.name = "eve"
        s:commit()
        s:expunge(user)
        assert.equal("ann@home", query:one().at)
        assert.is_nil(am.inspect(user).dict.name) -- it is still expired
      end, users_of(false))
    end)

    it("takes with it the object that was referred to and not loaded, and sets its key to NULL", function()
      blog.with(backend, nil, function(env)
        local ways = {
          function(land) land.capital = nil end,
          function(land) land.capital = env.Town { id = 2 } end,
          function(land, s)
            local town = env.Town { id = 2 }
            s:add(town)
            town.land = land
          end,
          function(land) am.del_attribute(land, "capital") end,
        }
        for _, change in ipairs(ways) do
          local s = env.session { autoflush = false }
          s:add(env.Town { id = 1, land = env.Land { code = "x" } })
          s:commit()
          local land = s:get(env.Land, "x")
          land.code = "y"
          change(land, s)
          s:commit()
          assert.is_nil(s:get(env.Town, 1).land_code)
          s:execute(am.delete(env.Town))
          s:execute(am.delete(env.Land))
          s:commit()
          s:close()
        end
      end, capitals)
    end)

    it("must be loaded before: not that of an expired object without session", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local land = env.Land { code = "x" }
        s:add(land)
        s:commit()
        s:close()
        local ok, e = pcall(function() land.code = "y" end)
        assert.is_false(ok)
        assert.equal("DetachedInstanceError", e.name)
        am.make_transient(land)
        land.code = "y"
        assert.equal("y", land.code)
      end, capitals)
    end)
  end)

  describe("a key of dates", function()
    it("is known after the object was expired", function()
      blog.with(backend, nil, function(env)
        local s = env.session()
        local pair, single = env.Day { day = am.date(2020, 1, 2), hour = 3, name = "x" },
          env.Single { day = am.date(2020, 1, 2), name = "y" }
        s:add_all { pair, single }
        s:commit()
        for _, obj in ipairs { pair, single } do
          assert.equal("2020-01-02", am.inspect(obj).identity[1]:isoformat())
          s:expire(obj)
          assert.is_truthy(obj.name)
          s:expire(obj)
          obj.name = "z"
          s:commit()
          assert.equal("z", obj.name)
          s:expire(obj)
          s:delete(obj)
          s:flush()
          s:rollback()
          assert.equal("z", obj.name)
        end
        assert.equal(pair, s:get(env.Day, { am.date(2020, 1, 2), 3 }))
        assert.equal(single, s:get(env.Single, am.date(2020, 1, 2)))
        s:close()
      end, days)
    end)
  end)
end)

describe("a key of a type of the program's own", function()
  -- "row,shelf" in the database, an object here
  local Place = { __name = "Place" }
  Place.__index = Place
  Place.__eq = function(a, b) return a.row == b.row and a.shelf == b.shelf end
  Place.__tostring = function(self) return self.row .. "," .. self.shelf end
  local function place(row, shelf) return setmetatable({ row = row, shelf = shelf }, Place) end

  local function of_type(sort_key, fn)
    local Base = am.declarative_base()
    local Box = Base:model("Box", { __tablename__ = "boxes", size = am.Column(am.Integer),
      place = am.Column(am.TypeDecorator { impl = am.String(20), cache_ok = true, sort_key_function = sort_key,
        process_bind_param = function(value) return value and tostring(value) end }, { primary_key = true }) })
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local seen = {}
    am.event.listen(engine, "before_cursor_execute", function(_, _, statement, parameters)
      if statement:find "^UPDATE" then seen[#seen + 1] = parameters end
    end)
    am.Session(engine, function(session)
      local boxes = {}
      for i, at in ipairs { place("b", "b"), place("a", "b"), place("b", "a"), place("a", "a") } do
        boxes[i] = Box { place = at }
      end
      session:add_all(boxes)
      session:flush()
      for i, box in ipairs(boxes) do box.size = i end
      fn(session, seen)
      session:rollback()
    end)
    engine:dispose()
  end

  it("is sorted by the list that its sort_key_function gives", function()
    of_type(function(at) return { at.row, at.shelf } end, function(session, seen)
      session:flush()
      local order = {}
      for _, set in ipairs(seen) do
        for _, row in ipairs(type(set[1]) == "table" and set or { set }) do order[#order + 1] = row[2] end
      end
      assert.same({ "a,a", "a,b", "b,a", "b,b" }, order)
    end)
  end)

  it("cannot be sorted where that function gives what has no order", function()
    of_type(function(at) return at end, function(session)
      local ok, e = pcall(session.flush, session)
      assert.is_false(ok)
      assert.equal("InvalidRequestError", e.name)
      assert.matches("^Could not sort objects by primary key; .* sort_key_function", e.message)
    end)
  end)
end)
