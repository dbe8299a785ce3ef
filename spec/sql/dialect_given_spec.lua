-- What stands for a dialect in compile{ dialect = }.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc

describe("a dialect", function()
  local stmt = am.select(am.column("x", am.Integer):eq(5))
  local function text(dialect, opts)
    opts = opts or {}
    opts.dialect = dialect
    return stmt:compile(opts).sql
  end

  it("is named, or given as its name space, or made of that", function()
    for _, dialect in ipairs { "postgresql", am.postgresql, am.postgresql.dialect(), { name = "postgresql" } } do
      assert.equal("SELECT x = $1 AS anon_1", text(dialect))
    end
    assert.equal("SELECT x = ? AS anon_1", text(am.sqlite))
    assert.equal("SELECT x = %s AS anon_1", text(am.mysql.dialect()))
    assert.equal("VARCHAR(5)", am.String(5):compile {
      dialect = "postgresql", paramstyle = "named", literal_binds = true })
    assert.equal("BYTEA", am.LargeBinary():compile { dialect = am.postgresql.dialect() })
  end)

  it("may bring its paramstyle and its longest names", function()
    local named = am.postgresql.dialect { paramstyle = "named", label_length = 6 }
    assert.equal("SELECT x = :_1 AS _1", text(named))
    assert.equal("SELECT x = ? AS _1", text(named, { paramstyle = "qmark" }))
  end)

  it("is refused when it is none", function()
    raises_exc("ArgumentError", function() text({}) end, "dialect must be a name or a dialect, got table")
    raises_exc("ArgumentError", function() text(5) end, "dialect must be a name or a dialect, got number")
    raises_exc("ArgumentError", function() am.Integer():compile { dialect = {} } end, "got table")
    raises_exc("ArgumentError", function() am.sqlite.dialect { param_style = "named" } end, "did you mean 'paramstyle'")
  end)
end)
