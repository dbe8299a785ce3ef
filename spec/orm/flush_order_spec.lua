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
  end)
end)
