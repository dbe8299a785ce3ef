-- A flush does the same in every run, though a hash table holds what is modified.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

-- People who know each other, through one association table that both relationships write.
local function classes()
  local Base = am.declarative_base()
  local knows = am.Table("knows", Base.metadata,
    am.Column("who", am.ForeignKey("people.id"), { primary_key = true }),
    am.Column("whom", am.ForeignKey("people.id"), { primary_key = true }))
  local Person = Base:model("Person", { __tablename__ = "people",
    id = am.Column(am.Integer, { primary_key = true, autoincrement = false }), name = am.Column(am.String(20)),
    known = am.relationship("Person", { secondary = knows, primaryjoin = "Person.id == knows.c.who",
      secondaryjoin = "Person.id == knows.c.whom", back_populates = "knowers" }),
    knowers = am.relationship("Person", { secondary = knows, primaryjoin = "Person.id == knows.c.whom",
      secondaryjoin = "Person.id == knows.c.who", back_populates = "known" }) })
  return { Base = Base, Person = Person }
end

backends.each(function(backend)
  describe("the order of a flush", function()
    it("is the same for rows of an association table, whatever was modified first", function()
      blog.with(backend, nil, function(env)
        local s = env.session { autoflush = false }
        for id = 1, 12 do s:add(env.Person { id = id, name = "p" .. id }) end
        s:commit()
        local first
        for _ = 1, 6 do
          local people = s:scalars(am.select(env.Person):order_by(env.Person.id)):all()
          for id = 12, 1, -1 do people[id].known:append(people[id % 12 + 1]) end
          env.log:take()
          s:flush()
          local texts = table.concat(env.log:take(), "\n")
          first = first or texts
          assert.are.equal(first, texts)
          assert.matches("INSERT INTO knows", texts)
          s:rollback()
          s:expunge_all() -- other objects, at other addresses, next time
        end
        s:close()
      end, classes)
    end)

    it("goes by inheritance where tables of a hierarchy refer to each other", function()
      for _, use_alter in ipairs { true, false } do
        local reg = am.registry()
        local function key(target) return am.Column("id", target, { primary_key = true }) end
        local a = am.Table("fo_a", reg.metadata, key(am.Integer))
        local b = am.Table("fo_b", reg.metadata, key(am.ForeignKey "fo_a.id"),
          am.Column("c_id", am.ForeignKey("fo_c.id", { name = "fo_b_c", use_alter = use_alter or nil })))
        local c = am.Table("fo_c", reg.metadata, key(am.ForeignKey "fo_b.id"))
        local A, B, C = { __name = "A" }, { __name = "B" }, { __name = "C" }
        reg:map_imperatively(A, a)
        reg:map_imperatively(B, b, { inherits = A, inherit_condition = b.c.id:eq(a.c.id) })
        reg:map_imperatively(C, c, { inherits = B, inherit_condition = c.c.id:eq(b.c.id) })
        local engine = am.create_engine(backend.url)
        reg.metadata:drop_all(engine)
        reg.metadata:create_all(engine)
        am.Session(engine, function(session)
          session:add_all { C {}, B {}, C {} }
          session:commit()
          assert.equal(2, #session:query(C):all())
          assert.equal(3, #session:query(B):all())
        end)
        reg.metadata:drop_all(engine)
        engine:dispose()
        reg:dispose()
      end
    end)
  end)
end)
