-- Mappings that cannot be: missing and ambiguous keys, wrong names, wrong back references, classes without keys.
local am = require "alchemoon"
local parity = require "parity"
local step, error_ = parity.step, parity.error
local Column, Integer, String = am.Column, am.Integer, am.String
local ForeignKey, relationship = am.ForeignKey, am.relationship

local function attempt(title, build)
  step(title)
  local Base = am.declarative_base()
  local say_error = title == "bad order" and parity.refused or error_
  say_error(function()
    build(Base)
    Base.registry:configure()
  end)
end

local function model(Base, name, attrs)
  attrs = attrs or {}
  attrs.__tablename__ = attrs.__tablename__ or name:lower()
  if attrs.id == nil then attrs.id = Column(Integer, { primary_key = true }) end
  return Base:model(name, attrs)
end

local cases = {
  { "no key", function(Base)
    model(Base, "Parent", { kids = relationship("Kid") })
    model(Base, "Kid")
  end },
  { "ambiguous", function(Base)
    model(Base, "Address")
    model(Base, "Customer", { billing_id = Column(ForeignKey("address.id")),
      shipping_id = Column(ForeignKey("address.id")), billing = relationship("Address") })
  end },
  { "unknown target", function(Base) model(Base, "Parent", { kids = relationship("Kidd") }) end },
  { "back populates missing", function(Base)
    model(Base, "Parent", { kids = relationship("Kid", { back_populates = "mother" }) })
    model(Base, "Kid", { parent_id = Column(ForeignKey("parent.id")) })
  end },
  { "same direction", function(Base)
    model(Base, "Parent", { kids = relationship("Kid", { back_populates = "parent" }) })
    model(Base, "Kid", { parent_id = Column(ForeignKey("parent.id")),
      parent = relationship("Parent", { back_populates = "kids", remote_side = "Kid.parent_id" }) })
  end },
  { "backref taken", function(Base)
    model(Base, "Parent", { kids = relationship("Kid", { backref = "parent" }) })
    model(Base, "Kid", { parent_id = Column(ForeignKey("parent.id")), parent = relationship("Parent") })
  end },
  { "unknown table", function(Base)
    model(Base, "Kid", { parent_id = Column(ForeignKey("nowhere.id")), parent = relationship("Kid") })
  end },
  { "no primary key", function(Base) model(Base, "Thing", { id = Column(Integer) }) end },
  { "no table", function(Base) Base:model("Loose", { id = Column(Integer, { primary_key = true }) }) end },
  { "bad orphan", function(Base)
    model(Base, "Parent")
    model(Base, "Kid", { parent_id = Column(ForeignKey("parent.id")),
      parent = relationship("Parent", { cascade = "all, delete-orphan" }) })
  end },
  { "bad cascade", function(Base)
    model(Base, "Parent", { kids = relationship("Kid", { cascade = "all, remove" }) })
  end },
  { "bad lazy", function(Base)
    model(Base, "Parent", { kids = relationship("Kid", { lazy = "sometimes" }) })
    model(Base, "Kid", { parent_id = Column(ForeignKey("parent.id")) })
  end },
  { "bad order", function(Base)
    model(Base, "Parent", { kids = relationship("Kid", { order_by = "Kid.nothing" }) })
    model(Base, "Kid", { parent_id = Column(ForeignKey("parent.id")) })
  end },
  { "bad identity", function(Base)
    model(Base, "Parent", { type = Column(String(5)), __mapper_args__ = { polymorphic_on = "nothing" } })
  end },
  { "joined without key", function(Base)
    local P = model(Base, "Parent")
    Base:model("Sub", { __extends__ = P, __tablename__ = "sub", id = Column(Integer, { primary_key = true }) })
  end },
  { "bad synonym", function(Base) model(Base, "Parent", { other = am.synonym("nothing") }) end },
  { "taken table", function(Base)
    model(Base, "Parent")
    model(Base, "Again", { __tablename__ = "parent" })
  end },
  { "viewonly cascade", function(Base)
    model(Base, "Parent", { kids = relationship("Kid", { viewonly = true, cascade = "all, delete" }) })
    model(Base, "Kid", { parent_id = Column(ForeignKey("parent.id")) })
  end },
  { "reserved", function(Base) model(Base, "Parent", { metadata = Column(String(5)) }) end },
  { "bad secondary", function(Base)
    am.Table("link", Base.metadata, Column("a", ForeignKey("parent.id")))
    model(Base, "Parent", { kids = relationship("Kid", { secondary = "link" }) })
    model(Base, "Kid")
  end },
}
for _, case in ipairs(cases) do attempt(case[1], case[2]) end
step("a broken mapper breaks the others until it is gone")
local Base = am.declarative_base()
local Fine = model(Base, "Fine")
model(Base, "Broken", { kids = relationship("Nobody") })
error_(function() return Fine() end)
error_(function() return am.select(Fine):options(am.selectinload("x")) end)
error_(function() return Fine() end)
step("end")
