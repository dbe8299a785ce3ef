-- URLs of databases.
local url = require "alchemoon.engine.url"
local raises_exc = require("support.init").raises_exc
local make_url = url.make_url

describe("URL", function()
  local function fields(u)
    return { u.drivername, u.username or "-", u.password or "-", u.host or "-", u.port or "-", u.database or "-" }
  end

  it("parses every part", function()
    local cases = {
      ["sqlite://"] = { "sqlite", "-", "-", "-", "-", "-" },
      ["sqlite:///:memory:"] = { "sqlite", "-", "-", "-", "-", ":memory:" },
      ["sqlite:///rel.db"] = { "sqlite", "-", "-", "-", "-", "rel.db" },
      ["sqlite:////abs/x.db"] = { "sqlite", "-", "-", "-", "-", "/abs/x.db" },
      ["postgresql://scott:tiger@localhost/test"] = { "postgresql", "scott", "tiger", "localhost", "-", "test" },
      ["postgresql+psycopg2://scott:tiger@localhost:5432/test"] =
        { "postgresql+psycopg2", "scott", "tiger", "localhost", 5432, "test" },
      ["postgresql://scott@[2001:da8:2004:1000::76]:99/x"] =
        { "postgresql", "scott", "-", "2001:da8:2004:1000::76", 99, "x" },
      ["postgresql://u:a%40b%2Fc%20d+e@h/"] = { "postgresql", "u", "a@b/c d+e", "h", "-", "" },
      ["postgresql://u:a/b?c@h/d"] = { "postgresql", "u", "a/b?c", "h", "-", "d" },
      ["postgresql://me@x.org:pw@h"] = { "postgresql", "me@x.org", "pw", "h", "-", "-" },
      ["postgresql://me@x.org@h"] = { "postgresql", "me@x.org", "-", "h", "-", "-" },
      ["postgresql://:pw@h"] = { "postgresql", "", "pw", "h", "-", "-" },
      ["postgresql://h1:5432,h2:5433/d"] = { "postgresql", "-", "-", "h1:5432,h2:5433", "-", "d" },
      ["postgresql://host:/d"] = { "postgresql", "-", "-", "host", "-", "d" },
      ["postgresql:///d?host=/tmp"] = { "postgresql", "-", "-", "-", "-", "d" },
    }
    for text, expected in pairs(cases) do assert.same(expected, fields(make_url(text)), text) end
  end)

  it("reads the query, several values of a key included", function()
    local u = make_url "postgresql://h/d?host=a:1&x=1%262&host=b:2&flag=&y=p+q&z"
    assert.same({ host = { "a:1", "b:2" }, x = "1&2", y = "p q" }, u.query)
    assert.are.equal("postgresql://h/d?host=a%3A1&host=b%3A2&x=1%262&y=p+q", tostring(u))
    assert.same({ host = { "a:1", "b:2" }, x = { "1&2" }, y = { "p q" } }, u.normalized_query)
  end)

  it("renders what it parsed and hides the password", function()
    for _, text in ipairs{
      "sqlite://", "sqlite:///x.db", "sqlite:////tmp/x.db", "postgresql://u@h/d", "postgresql://u:p%40q@h:1/d?a=b",
      "postgresql://u:p@[::1]:99/x", "postgresql://h1:1,h2:2/d",
    } do
      local u = make_url(text)
      assert.are.equal(text, u:render_as_string{ hide_password = false })
      assert.is_true(u == make_url(text))
    end
    local u = make_url "postgresql://u:secret@h/d"
    assert.are.equal("postgresql://u:***@h/d", tostring(u))
    assert.are.equal("postgresql://u:***@h/d", u:render_as_string())
    assert.are.equal("secret", u.password)
    u = make_url "postgresql://h/d?password=secret&sslpassword=secret&user=u"
    assert.are.equal("postgresql://h/d?password=***&sslpassword=***&user=u", tostring(u))
    assert.are.equal("postgresql://h/d?password=secret&sslpassword=secret&user=u",
      u:render_as_string{ hide_password = false })
  end)

  it("creates and changes URLs", function()
    local u = url.URL.create{ drivername = "postgresql", username = "u", password = "a@b", host = "h", port = 5,
      database = "d", query = { k = { "1", "2" } } }
    assert.are.equal("postgresql://u:a%40b@h:5/d?k=1&k=2", u:render_as_string{ hide_password = false })
    local v = u:set{ host = "other", password = "new" }
    assert.are.equal("postgresql://u:new@other:5/d?k=1&k=2", v:render_as_string{ hide_password = false })
    assert.are.equal("h", u.host)
    assert.are.equal("postgresql://u:***@h:5/d?j=x&k=3", tostring(u:update_query_dict{ k = "3", j = "x" }))
    assert.same({ "1", "2", "3" }, u:update_query_dict({ k = "3" }, { append = true }).query.k)
    assert.same({}, u:difference_update_query{ "k" }.query)
    assert.same({ k = "9", z = "1" }, u:update_query_string("k=9&z=1").query)
    assert.same({ host = "h", user = "u", password = "a@b", port = 5, database = "d" },
      u:translate_connect_args{ username = "user" })
  end)

  it("names backend and driver", function()
    assert.are.equal("postgresql", make_url("postgres://h"):get_backend_name())
    assert.are.equal("libpq", make_url("postgresql://h"):get_driver_name())
    assert.are.equal("asyncpg", make_url("postgresql+asyncpg://h"):get_driver_name())
    assert.same({ "postgresql", "libpq" }, { make_url("postgresql+asyncpg://h"):_resolve_driver() })
    assert.same({ "sqlite", "sqlite3" }, { make_url("sqlite+pysqlite://"):_resolve_driver() })
    raises_exc("NoSuchModuleError", function() make_url("oracle://h"):_resolve_driver() end,
      "Can't load plugin: alchemoon.dialects:oracle")
    raises_exc("NoSuchModuleError", function() make_url("sqlite+psycopg2://h"):_resolve_driver() end, "sqlite.psycopg2")
  end)

  it("refuses what is malformed without showing a password", function()
    for _, text in ipairs{ "", "x", "://", "sqlite:/x", "postgresql://u:secret@h:port/d",
      "postgresql://u:secret@h:99999/d",
      "postgresql://u:secret@[::1/d", "postgresql://u:secret@[::1]x/d", "a b://", "x://h\0/d" } do
      local e = raises_exc("ArgumentError", function() make_url(text) end, "Could not parse alchemoon URL")
      assert.is_nil(tostring(e):find("secret", 1, true))
    end
    raises_exc("ArgumentError", function() make_url(5) end, "Expected string or URL object, got number")
    raises_exc("ArgumentError", function() make_url(nil) end)
    local by_position = url.URL.create("postgresql", "u", "p", { host = "h", database = "d" })
    assert.equal("postgresql://u:p@h/d", by_position:render_as_string{ hide_password = false })
    raises_exc("ArgumentError", function() url.URL.create("x", "u", "p", "h", 1, "d", {}, "more") end, "takes 7 fields")
    raises_exc("ArgumentError", function() url.URL.create{} end, "drivername is required")
    raises_exc("ArgumentError", function() url.URL.create{ drivername = "x", port = "5" } end, "port")
    raises_exc("ArgumentError", function() url.URL.create{ drivername = "x", query = { a = 1 } } end,
      "values of the query table")
    raises_exc("ArgumentError", function() url.URL.create{ drivername = "x", hots = "a" } end, "did you mean 'host'")
    raises_exc("ArgumentError", function() make_url("x://").host = "y" end, "immutable")
    raises_exc("ArgumentError", function() url.URL() end)
  end)

  it("survives random bytes", function()
    local seed = 42
    local function random(n)
      seed = (seed * 1103515245 + 12345) % 2147483648
      return math.floor(seed / 65536) % n + 1
    end
    local alphabet = { ":", "/", "@", "?", "&", "=", "%", "4", "0", "[", "]", ",", "+", "a", "\0", "\255", "#", " " }
    for _ = 1, 3000 do
      local parts = { random(3) == 1 and "" or "pg://" }
      for i = 2, random(24) do parts[i] = alphabet[random(#alphabet)] end
      local ok, u = pcall(make_url, table.concat(parts))
      if ok then
        local text = u:render_as_string{ hide_password = false }
        local again_ok, again = pcall(make_url, text)
        -- A URL whose host or database holds bytes that only a builder can write need not parse again.
        if again_ok then assert.are.equal(u.username, again.username) end
      end
    end
  end)
end)
