-- Parsers in Lua with random texts; those in C have fuzz targets (make fuzz).
local am = require "alchemoon"
local exc = require "alchemoon.exc"
local sqlite_parse = require "alchemoon.reflection.sqlite_parse"

local ROUNDS = 4000

-- A generator of our own: the same texts on every Lua.
local function generator(seed)
  return function(n)
    seed = (seed * 16807) % 2147483647
    return seed % n + 1
  end
end

-- Cuts, doubles, swaps and replaces pieces of the seeds.
local function mutations(seeds, alphabet)
  local random = generator(20261121)
  local function piece(text)
    local from = random(#text + 1)
    return text:sub(from, from + random(8))
  end
  return function()
    local text = seeds[random(#seeds)]
    for _ = 1, random(5) do
      local at = random(#text + 1)
      local kind = random(4)
      local letter = random(#alphabet)
      if kind == 1 then text = text:sub(1, at - 1) .. text:sub(at + random(6))
      elseif kind == 2 then text = text:sub(1, at - 1) .. piece(seeds[random(#seeds)]) .. text:sub(at)
      elseif kind == 3 then text = text:sub(1, at - 1) .. alphabet:sub(letter, letter) .. text:sub(at + 1)
      else text = text:sub(at) .. text:sub(1, at - 1) end
    end
    return text
  end
end

-- Every text is either read or refused by an error of ours.
local function each_text(seeds, alphabet, read)
  local next_text, good = mutations(seeds, alphabet), 0
  for _ = 1, ROUNDS do
    local text = next_text()
    local ok, value = pcall(read, text)
    if ok then good = good + 1
    elseif not exc.is(value, exc.Error) then error(("%q: %s"):format(text, tostring(value)), 0) end
  end
  assert.is_true(good > 0)
end

describe("random texts", function()
  it("are ranges that print and read alike, or errors", function()
    each_text({ "[1,5)", "(,)", "empty", '["a b","c\\"d"]', "[2020-01-01,2021-01-01)", '("x""y",]', " [ 1 , 2 ] " },
      '[]()",\\ 1a\0\255', function(text)
        local range = am.Range.parse(text)
        local again = am.Range.parse(am.Range.print(range))
        assert.equal(tostring(range), tostring(again))
      end)
  end)

  it("are multiranges that print and read alike, or errors", function()
    each_text({ "{}", "{[1,2),[5,7)}", "{empty}", '{["a","b"], ("c",)}' }, '{}[]()",\\ 1\0', function(text)
      local list = am.MultiRange.parse(text)
      assert.equal(tostring(list), tostring(am.MultiRange.parse(tostring(list))))
    end)
  end)

  it("are definitions of SQLite's tables and indexes that can be read", function()
    each_text({ 'CREATE TABLE "t" (id INTEGER PRIMARY KEY, "x y" TEXT DEFAULT (1 + 2) CHECK (x > \'a)\'), '
      .. "CONSTRAINT fk FOREIGN KEY(x) REFERENCES o(id) ON DELETE CASCADE, UNIQUE (x, id))",
      "CREATE UNIQUE INDEX i ON t (lower(x), y DESC) WHERE z /* c */ IS NOT NULL -- end" },
      "(),'\"`[]-/*;\n x\0\255", function(text)
        sqlite_parse.table(text)
        sqlite_parse.index(text)
      end)
  end)
end)
