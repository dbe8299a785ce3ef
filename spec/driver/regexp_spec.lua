-- REGEXP on SQLite: Python's dialect, and work that stays in proportion to text and pattern.
local am = require "alchemoon"
local raises_exc = require("support.init").raises_exc
local rawconn = require "support.rawconn"

describe("REGEXP on SQLite", function()
  local conn
  setup(function() conn = rawconn.open("sqlite", { database = ":memory:" }) end)
  teardown(function() conn:close() end)

  local function found(text, pattern) return rawconn.row(conn, "SELECT ? REGEXP ?", { text, pattern })[1] == 1 end

  local function refused(pattern, reason)
    raises_exc("OperationalError", function() found("aaa", pattern) end, "invalid regular expression: " .. reason)
  end

  it("finds what Python's re.search finds", function()
    for _, case in ipairs{
      { "abc123", "^[a-c]+\\d{3}$", "abc12" }, { "xAbc", "(?i)abc", "xAbd" },
      { "h\195\169!", "^h.!$", "h\195\169\195\169!" },
      { "a-b]^", "[\\]]", "a-b^" }, { "a-b", "a[\\-x]b", "a+b" }, { "a^b", "a[\\^]b", "ab" },
      { "foobar", "(?:foo|bar){2}", "foo" }, { "<<x>>", "<.+?>", "<>" },
      { "a\nb", "(?s)a.b", "ab" }, { "ab", "a.?b", "a\nb" },
      { "a\0b", "b$", "b\0" }, { "a\0b", "^a\0b$", "a" }, { "word two", "\\btwo\\b", "word twos" },
      { ("a"):rep(300), "^(a{100}){3}$", ("a"):rep(299) }, { "end\n", "end$", "end\n\n" }, { "end", "end\\Z", "end\n" },
      { "one\ntwo", "(?m)^two$", "one two" }, { "A1", "^(?i:a)\\d$", "Aa" }, { "aB", "^(?P<first>a)B", "ab" },
      { "\195\137t\195\169", "(?i)^\195\169T\195\137$", "ete" }, { "x\195\169", "^\\w\\w$", "x-" },
      { "a{x}", "^a{x}$", "a" },
      { "", "^$", "a" }, { "aaab", "^a{2,3}b", "ab" }, { "b", "^a{,2}b$", "aaab" }, { "A", "\\x41", "B" },
      { "\194\160", "^\\s$", "a" }, { "]", "[]a]", "b" }, { "c", "[^]a]", "a" }, { "b", "a|b|", false },
      { "\255", "^.$", "\255\255" }, { "-", "[a-]", "b" }, { "ab", "a(?#not b)b", "a" },
      { "ab", "^(?:a|b|c|d)*$", "abe" },
    } do
      assert.is_true(found(case[1], case[2]), case[2])
      if case[3] then assert.is_false(found(case[3], case[2]), case[2]) end
    end
    assert.is_nil(rawconn.row(conn, "SELECT NULL REGEXP 'a'")[1])
    assert.is_nil(rawconn.row(conn, "SELECT 'a' REGEXP NULL")[1])
  end)

  it("refuses by name what Python refuses and what it does not know", function()
    refused("(", "missing %)")
    refused("a)", "unbalanced parenthesis")
    refused("[a", "missing %]")
    refused("[a\\", "missing %]")
    refused("a\\", "the pattern ends with a backslash")
    refused("*a", "nothing to repeat")
    refused("^*", "nothing to repeat")
    refused("a**", "multiple repeat")
    refused("a{3,2}", "a repetition's least is more than its most")
    refused("[b-a]", "a range of characters ends before it begins")
    refused("[a-\\d]", "a class is no end of a range")
    refused("\\q", "unknown escape")
    refused("\\x4", "incomplete or too large escape")
    refused("(?#a", "missing %)")
    refused("(?i", "missing %)")
    refused("(?P<a", "missing >")
    refused("a(?i)", "global flags not at the start")
    refused("(?x)a", "this kind of %(%?%.%.%.%) group is not supported")
    refused("(a)\\1", "back references are not supported")
    refused("(?P<a>b)(?P=a)", "back references are not supported")
    refused("(?=a)", "look%-around is not supported")
    refused("(?<!a)", "look%-around is not supported")
    refused("a++", "possessive quantifiers are not supported")
  end)

  it("refuses patterns that would take the stack or the memory", function()
    refused(("("):rep(1000) .. "a" .. (")"):rep(1000), "groups are nested too deeply")
    refused(("a"):rep(100000), "the pattern is too long")
    refused("(((a{255}){255}){255})", "too many repetitions")
    refused("a{99999999999999999999}", "too many repetitions")
    refused("(a*b{99}c|[xyz]{999}){999}", "too many repetitions")
  end)

  -- Each of these took a search that tries one way after the other, or glibc's regcomp, from minutes to years.
  it("has a bounded amount of work whatever the pattern", function()
    local text = ("ab"):rep(1000)
    local start = os.clock()
    for _, pattern in ipairs{ "(" .. ("(a|)?"):rep(60) .. ")+c", "(" .. ("a?"):rep(1000) .. ")+c", "(a|b)*a(a|b){100}c",
      ("("):rep(150) .. "a" .. (")?"):rep(149) .. ")*c", ("("):rep(150) .. "a" .. (")*"):rep(150) .. "c",
      "(a*)*c", "(a|a)*c", "(a|ab|b)*c", "(.*)(.*)(.*)(.*)(.*)(.*)c" } do
      assert.is_false(found(text, pattern))
    end
    assert.is_true(os.clock() - start < 60) -- of this process: takes less than a second
  end)

  it("lets a long search be stopped by the statement's timeout, and the connection goes on", function()
    local engine = am.create_engine("sqlite://")
    engine:connect(function(c)
      local stmt = am.text "select :text regexp :pattern"
      local params = { text = ("ab"):rep(500000), pattern = "(a|b)*a(a|b){9000}c" }
      raises_exc("OperationalError", function() c:execute(stmt, params, { statement_timeout = 0.05 }) end)
      assert.equal(1, c:scalar(stmt, { text = "abc", pattern = "b" }))
    end)
    engine:dispose()
  end)
end)
