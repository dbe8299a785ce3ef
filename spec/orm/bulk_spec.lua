-- bulk_save_objects, bulk_insert_mappings, bulk_update_mappings: statements, keys, errors.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"
local raises = require("support.init").raises_exc

backends.each(function(backend)
  local function with(fn)
    blog.with(backend, nil, function(env)
      local s = env.session()
      fn(env, s)
      s:close()
    end)
  end
  local function names(env, s) return s:scalars(am.select(env.User.name):order_by(env.User.id)):all() end

  describe("bulk_insert_mappings()", function()
    it("writes rows by attribute name and leaves them as they are", function()
      with(function(env, s)
        local rows = { { name = "a" }, { name = "b" } }
        s:bulk_insert_mappings(env.User, rows)
        assert.same({ { name = "a" }, { name = "b" } }, rows)
        assert.same({ "a", "b" }, names(env, s))
        s:bulk_insert_mappings(env.User, rows, { return_defaults = true })
        assert.is_number(rows[2].id)
      end)
    end)
  end)

  describe("bulk_save_objects()", function()
    it("stores objects without making them part of the session", function()
      with(function(env, s)
        local ann = env.User { name = "ann" }
        s:bulk_save_objects({ ann, env.User { name = "bob" } })
        assert.same({ "ann", "bob" }, names(env, s))
        assert.is_nil(ann.id)
        assert.is_false(s:contains(ann))
        local cat = env.User { name = "cat" }
        s:bulk_save_objects({ cat }, { return_defaults = true })
        assert.is_number(cat.id)
        assert.is_false(s:contains(cat))
      end)
    end)
  end)

  it("bulk_save_objects() of a pending object: what is set in it afterwards is written by the next flush", function()
    with(function(env, s)
      local told = 0
      am.event.listen(s, "pending_to_persistent", function() told = told + 1 end)
      local ann = env.User { name = "ann", posts = { env.Post { title = "first" } } }
      s:add(ann)
      s:no_autoflush(function() s:bulk_save_objects({ ann }, { return_defaults = true }) end)
      assert.is_true(am.inspect(ann).persistent)
      ann.name = "anne"
      s:commit()
      assert.same({ "anne" }, names(env, s))
      assert.same({ "first" }, s:scalars(am.select(env.Post.title):where(env.Post.author_id:eq(ann.id))):all())
      assert.equal(2, told)
      local bob = env.User { name = "bob" }
      s:add(bob)
      s:no_autoflush(function() s:bulk_save_objects({ bob }, { return_defaults = true }) end)
      s:rollback()
      assert.is_true(am.inspect(bob).transient)
      assert.same({ "anne" }, names(env, s))
    end)
  end)

  it("bulk_save_objects() tells objects the keys that the tables of subclasses needed", function()
    local Base = am.declarative_base()
    local Device = Base:model("Device", { __tablename__ = "bs_devices",
      id = am.Column(am.Integer, { primary_key = true }), kind = am.Column(am.String(10)),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "device" } })
    local Meter = Base:model("Meter", { __extends__ = Device, __tablename__ = "bs_meters",
      id = am.Column(am.ForeignKey "bs_devices.id", { primary_key = true }),
      __mapper_args__ = { polymorphic_identity = "meter" } })
    local Dial = Base:model("Dial", { __extends__ = Device, __tablename__ = "bs_dials",
      dial_id = am.Column(am.ForeignKey "bs_devices.id", { primary_key = true }),
      __mapper_args__ = { polymorphic_identity = "dial" } })
    local engine = am.create_engine(backend.url)
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local meter = Meter {}
      session:bulk_save_objects { meter }
      assert.equal("number", type(meter.id))
      assert.is_true(am.inspect(meter).transient)
      local dial = Dial {}
      session:bulk_save_objects({ dial }, { return_defaults = true })
      assert.equal(dial.id, dial.dial_id)
    end)
    Base.metadata:drop_all(engine)
    engine:dispose()
  end)

  it("rows of a subclass bring back what the server fills in, and say nothing of the discriminator", function()
    local Base = am.declarative_base()
    local Device = Base:model("Device", { __tablename__ = "bs_devices",
      id = am.Column(am.Integer, { primary_key = true }), kind = am.Column(am.String(10)),
      made = am.Column(am.Integer, { server_default = "7" }),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "device" } })
    local Phone = Base:model("Phone", { __extends__ = Device, __tablename__ = "bs_phones",
      id = am.Column(am.ForeignKey "bs_devices.id", { primary_key = true }), number = am.Column(am.Integer),
      __mapper_args__ = { polymorphic_identity = "phone" } })
    blog.with(backend, nil, function(env)
      local s = env.session()
      s:bulk_save_objects { Phone { number = 1 } }
      assert.matches("^INSERT INTO bs_devices %(kind%) VALUES %(%?%) RETURNING .*id, .*made %[phone%]",
        env.log:take()[1])
      s:execute(am.insert(Phone), { { id = 9, number = 9 } }) -- asks for nothing
      assert.equal("INSERT INTO bs_devices (id, kind) VALUES (?, ?) [9, phone]", env.log:take()[1])
      local rows = { { number = 2 }, { number = 3 } }
      s:bulk_insert_mappings(Phone, rows, { return_defaults = true })
      assert.is_nil(rows[1].kind)
      assert.equal("phone", s:get(Phone, rows[2].id).kind)
      s:close()
    end, function() return { Base = Base, Device = Device, Phone = Phone } end)
  end)

  describe("bulk_save_objects() without the order of the list", function()
    it("writes new objects of a class before those that are there", function()
      with(function(env, s)
        local ann, bob = env.User { name = "ann" }, env.User { name = "bob" }
        s:add(ann)
        s:flush()
        ann.name = "anna"
        env.log:take()
        s:bulk_save_objects({ ann, bob }, { preserve_order = false, return_defaults = true })
        local log = env.log:take()
        assert.equal("INSERT UPDATE", log[1]:match("^%u+") .. " " .. log[2]:match("^%u+"))
        assert.is_nil(bob.email) -- not set: nothing to look up on an object without session
      end)
    end)
  end)

  describe("bulk_update_mappings()", function()
    it("updates by primary key in one statement per set of columns", function()
      with(function(env, s)
        s:bulk_insert_mappings(env.User, { { id = 1, name = "a" }, { id = 2, name = "b" } })
        env.log:take()
        s:bulk_update_mappings(env.User, { { id = 1, name = "x" }, { id = 2, name = "y" } })
        assert.same({ "UPDATE users SET name=? WHERE users.id = ? [(x, 1) (y, 2)]" }, env.log:take())
        assert.same({ "x", "y" }, names(env, s))
      end)
    end)

    it("wants keys of rows that are there", function()
      with(function(env, s)
        raises("InvalidRequestError", function() s:bulk_update_mappings(env.User, { { name = "x" } }) end,
          "No primary key value supplied for column.s. users.id; per.row ORM Bulk UPDATE by Primary Key requires that "
          .. "records contain primary key values")
        s:rollback()
        raises("StaleDataError", function() s:bulk_update_mappings(env.User, { { id = 77, name = "x" } }) end,
          "UPDATE statement on table 'users' expected to update 1 row.s.; 0 were matched.")
        s:rollback()
      end)
    end)
  end)
end)
