-- Validators and inheritance: whose function is called for an attribute of the base, in all kinds of inheritance.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()

local function told(tag)
  return function(self, key, value)
    say(tag, am.inspect(self).mapper.class.__name, key,
      type(value) == "number" and value or am.inspect(value).mapper.class.__name)
    return value
  end
end

local A = Base:model("A", { __tablename__ = "a", id = am.Column(am.Integer, { primary_key = true }),
  kind = am.Column(am.String(5)), x = am.Column(am.Integer), w = am.Column(am.Integer), z = am.Column(am.Integer),
  items = am.relationship("I", { back_populates = "a" }), va = am.validates("x", told "A.va"),
  vw = am.validates("w", told "A.vw"), vk = am.validates("id", told "A.vk"),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "a" } })

local I = Base:model("I", { __tablename__ = "i", id = am.Column(am.Integer, { primary_key = true }),
  aid = am.Column(am.ForeignKey "a.id"), a = am.relationship("A", { back_populates = "items" }) })

local Single = Base:model("Single", { __extends__ = A, __mapper_args__ = { polymorphic_identity = "b" },
  y = am.Column(am.Integer), vw = am.validates("w", told "Single.vw"),
  vz = am.validates("z", "items", "y", told "Single.vz") })

local Joined = Base:model("Joined", { __extends__ = A, __tablename__ = "c",
  __mapper_args__ = { polymorphic_identity = "c" }, id = am.Column(am.ForeignKey "a.id", { primary_key = true }),
  v = am.Column(am.Integer), vw = told "Joined.vw, a plain method", vy = am.validates("v", "z", told "Joined.vy") })

local Below = Base:model("Below", { __extends__ = Joined, __mapper_args__ = { polymorphic_identity = "d" },
  vy = am.validates("v", "z", told "Below.vy") })

local Mixed = Base:model("Mixed", { __extends__ = A, __mapper_args__ = { polymorphic_identity = "f" },
  __mixins__ = { { vm = am.validates("z", "m", told "Mixin.vm") } }, m = am.Column(am.Integer) })

local Again = Base:model("Again", { __extends__ = A, __tablename__ = "g",
  __mapper_args__ = { polymorphic_identity = "g" }, id = am.Column(am.ForeignKey "a.id", { primary_key = true }),
  z = am.Column(am.Integer), vz = am.validates("z", told "Again.vz") })

local Concrete = Base:model("Concrete", { __extends__ = A, __tablename__ = "k", __mapper_args__ = { concrete = true },
  id = am.Column(am.Integer, { primary_key = true }), kind = am.Column(am.String(5)), x = am.Column(am.Integer),
  w = am.Column(am.Integer), z = am.Column(am.Integer), vz = am.validates("z", told "Concrete.vz") })

am.configure_mappers()
for _, cls in ipairs { A, Single, Joined, Below, Mixed, Again, Concrete } do
  step(cls.__name)
  local one = cls {}
  for _, key in ipairs { "id", "x", "w", "z", "y", "v", "m" } do
    if cls.__mapper__:has_property(key) then one[key] = 1 end
  end
  if cls ~= Concrete then
    one.items:append(I {})
    one.items = { I {} }
    I { a = one }
  end
end

step "two names"
say(error_of(function()
  Base:model("E", { __extends__ = A, __mapper_args__ = { polymorphic_identity = "e" },
    other = am.validates("x", told "E.other") })
end))
