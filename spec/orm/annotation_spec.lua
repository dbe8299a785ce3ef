-- am.Mapped: types of columns by the name of an annotation.
local am = require "alchemoon"
local raises = require("support.init").raises_exc

local says = require("support.sql").says

describe("an annotation", function()
  it("gives type and nullability of a column", function()
    local Base = am.declarative_base { type_annotation_map = { str50 = am.String(50) } }
    local Stamp = { made = am.Mapped("datetime?") }
    local A = Base:model("A", { __tablename__ = "a", __mixins__ = { Stamp }, id = am.Mapped("int",
      { primary_key = true }),
      name = am.Mapped("str50"), nick = am.Mapped("optional[str]"), b_id = am.Mapped("int?", am.ForeignKey("a.id")) })
    says("CREATE TABLE a ( id INTEGER NOT NULL, name VARCHAR(50) NOT NULL, nick VARCHAR, b_id INTEGER, made DATETIME, "
      .. "PRIMARY KEY (id), FOREIGN KEY(b_id) REFERENCES a (id) )",
        (tostring(am.CreateTable(A.__table__)):gsub("^%s+", "")
      :gsub("%s+$", "")))
    raises("ArgumentError", function()
      Base:model("B", { __tablename__ = "b", id = am.Mapped("intt", { primary_key = true }) })
    end, "annotation 'intt'.*did you mean 'int'")
  end)
end)
