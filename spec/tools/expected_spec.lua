-- tools/expected.lua, which holds an example's output against the promises in its comments.
describe("expected output", function()
  local function check(example, output)
    local path, out = os.tmpname(), os.tmpname()
    local function write(name, text)
      local file = assert(io.open(name, "w"))
      file:write(text)
      file:close()
    end
    write(path, example)
    write(out, output)
    local pipe = io.popen(("lua5.4 tools/expected.lua %s <%s; echo exit $?"):format(path, out))
    local text = pipe:read("*a")
    pipe:close()
    os.remove(path)
    os.remove(out)
    return text:match("exit 0\n$") ~= nil, text
  end

  it("keeps the order of the comments", function()
    assert.is_true(check("print(1) --> 1\nfor i = 2, 3 do print(i) end\n--> 2\n--> 3\n", "1\n2\n3\n"))
    assert.is_false(check("--> 1\n--> 2\n", "2\n1\n"))
  end)

  it("misses lines and finds surplus ones", function()
    local ok, text = check("--> a\n--> b\n", "a\n")
    assert.is_false(ok)
    assert.matches("expected: b", text)
    ok, text = check("--> a\n", "a\nb\n")
    assert.is_false(ok)
    assert.matches("got:      b", text)
  end)

  it("takes an empty promise for an empty line", function()
    assert.is_true(check("--> a\n-->\n--> b\n", "a\n\nb\n"))
  end)

  it("lets dots stand for anything", function()
    assert.is_true(check("--> took ... ms (100%)\n", "took 1.5 ms (100%)\n"))
    assert.is_true(check("--> a\n--> ...\n--> z\n", "a\nb\nc\nz\n"))
    assert.is_true(check("--> a\n--> ...\n", "a\n"))
    assert.is_false(check("--> a\n--> ...\n--> z\n", "a\nb\n"))
  end)

  it("asks an example without promises for nothing", function()
    assert.is_true(check("print(1)\n", "1\n"))
  end)
end)
