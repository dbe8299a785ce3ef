-- Diagrams of a schema.
local am = require "alchemoon"
local erd = require "alchemoon.migrate.erd"
local migrate = require "alchemoon.migrate"
local raises = require("support.init").raises_exc

describe("diagrams", function()
  local md = am.MetaData()
  am.Table("a", md, am.Column("id", am.Integer, { primary_key = true }), am.Column("n", am.Numeric(5, 2)))
  am.Table("b", md, am.Column("a_id", am.ForeignKey "a.id", { primary_key = true }),
    am.Column("up", am.Integer, am.ForeignKey "b.a_id"))

  it("are written for Mermaid", function()
    assert.equal([[
erDiagram
  a {
    INTEGER id PK
    NUMERIC_5__2_ n
  }
  b {
    INTEGER a_id PK, FK
    INTEGER up FK
  }
  a ||--o{ b : "a_id"
  b |o--o{ b : "up"
]], erd.mermaid(md))
  end)

  it("are written for Graphviz, and from a database", function()
    local text = erd.graphviz(md)
    assert.truthy(text:find('"b":"up" -> "b" [style = dashed];', 1, true))
    assert.truthy(text:find("<b>a</b>", 1, true))
    local engine = am.create_engine("sqlite://", { poolclass = am.StaticPool })
    md:create_all(engine)
    local out = {}
    migrate.command.erd(migrate.Config.new({ engine = engine, migrations = {} },
      { stdout = function(t) out[#out + 1] = t end }), { from_database = true })
    assert.equal(erd.mermaid(md), table.concat(out))
    raises("CommandError", function() erd.text(md, "png") end, "'mermaid' or 'graphviz'")
    engine:dispose()
  end)
end)
