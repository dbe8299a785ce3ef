-- Allocations fail while migrations run: an error about memory, and the version table tells the truth.
local am = require "alchemoon"
local cli = require "alchemoon.migrate.cli"
local faults = require "support.faults"
local files = require "alchemoon.migrate.files"

local A1 = [[return { revision = "a1", down_revision = nil, message = "one", upgrade = function(op)
  local am = require "alchemoon"
  op.create_table("t1", am.Column("id", am.Integer, { primary_key = true }))
end, downgrade = function(op) op.drop_table "t1" end }]]

describe("migrations without memory", function()
  it("go up and down whole or not at all", function()
    local folder = os.tmpname()
    os.remove(folder)
    files.make_folder(folder .. "/migrations/versions")
    local path = folder .. "/x.db"
    files.write(folder .. "/migrations/versions/a1.lua", A1)
    files.write(folder .. "/alchemoon.lua",
      ("return { script_location = 'migrations', url = 'sqlite:///%s' }"):format(path))
    local function run(...)
      local problem = {}
      local code = cli.main({ "-q", "-c", folder .. "/alchemoon.lua", ... }, {
        out = function() end, err = function(text) problem[#problem + 1] = text end })
      if code ~= 0 then error(table.concat(problem), 0) end
    end
    local function state()
      local engine = am.create_engine("sqlite:///" .. path, { poolclass = am.NullPool })
      local inspector = am.inspect(engine)
      local has_table, version = inspector:has_table "t1", nil
      if inspector:has_table "alembic_version" then
        version = engine:connect(function(conn)
          return conn:exec_driver_sql("SELECT version_num FROM alembic_version"):scalar()
        end)
      end
      return has_table, version
    end
    faults.every_fault(function()
      run("upgrade", "head")
      run("downgrade", "base")
    end, { dense = 20, only = "core", leaky = true, check = function(_, _, where)
      local has_table, version = state()
      assert(has_table == (version == "a1"), where .. ": the table and the version do not agree")
    end })
    os.execute("rm -rf " .. files.shell(folder))
  end)
end)
