-- Faults: what the program says, what it advises, and that the version table tells the truth afterwards.
local am = require "alchemoon"
local backends = require "support.backends"
local cli = require "alchemoon.migrate.cli"
local files = require "alchemoon.migrate.files"

local LUA = require "support.interpreter"

local A1 = [[return { revision = "a1", down_revision = nil, message = "one", upgrade = function(op)
  local am = require "alchemoon"
  op.create_table("t1", am.Column("id", am.Integer, { primary_key = true }))
end, downgrade = function(op) op.drop_table "t1" end }]]

backends.each(function(backend)
  if backend.name == "sqlite-memory" then return end
  local pg = backend.dialect == "postgresql"
  describe("a fault of migrations", function()
    local folder, engine
    before_each(function()
      backend.reset()
      folder = os.tmpname()
      os.remove(folder)
      files.make_folder(folder .. "/migrations/versions")
      engine = am.create_engine(backend.url, { poolclass = am.NullPool })
      files.write(folder .. "/migrations/versions/a1.lua", A1)
      files.write(folder .. "/alchemoon.lua", ("return { script_location = 'migrations', url = %q }"):format(
        backend.url))
    end)
    after_each(function()
      engine:dispose()
      os.execute("chmod -R u+w " .. folder .. "; rm -rf " .. files.shell(folder))
    end)

    local function config(more)
      files.write(folder .. "/alchemoon.lua", ("return { script_location = 'migrations', url = %q, %s }"):format(
        backend.url, more))
    end
    local function version(name, text) files.write(folder .. "/migrations/versions/" .. name .. ".lua", text) end
    local function run(...)
      local out, err = {}, {}
      local code = cli.main({ "-c", folder .. "/alchemoon.lua", ... }, {
        out = function(text) out[#out + 1] = text end, err = function(text) err[#err + 1] = text end })
      return code, (table.concat(err):gsub("INFO[^\n]*\n", ""):gsub(folder:gsub("%p", "%%%0"), "FOLDER")),
        table.concat(out)
    end
    local function fails(expected, ...)
      local code, err = run(...)
      assert.equal(1, code)
      assert.equal("FAILED: " .. expected .. "\n", err)
    end
    local function tables()
      local list = am.inspect(engine):get_table_names()
      table.sort(list)
      return list
    end
    local function versions()
      return engine:connect(function(conn)
        return conn:exec_driver_sql("SELECT version_num FROM alembic_version ORDER BY 1"):scalars():all()
      end)
    end

    local BROKEN = [[return { revision = "b2", down_revision = "a1", upgrade = function(op)
      local am = require "alchemoon"
      op.create_table("half", am.Column("id", am.Integer, { primary_key = true }))
      op.execute "INSERT INTO nowhere VALUES (1)"
    end, downgrade = function() end }]]

    it("in the middle of a migration undoes it, and all of the run", function()
      version("b2", BROKEN)
      local code, err = run("upgrade", "head")
      assert.equal(1, code)
      assert.matches("FAILED: .*nowhere", err) -- on a slow machine the seconds of the step before stand first
      assert.matches("INSERT INTO nowhere", err)
      assert.same({}, tables())
    end)

    it("in the middle of a migration keeps those before it with transaction_per_migration", function()
      version("b2", BROKEN)
      config "transaction_per_migration = true"
      assert.equal(1, (run("upgrade", "head")))
      assert.same({ "alembic_version", "t1" }, tables())
      assert.same({ "a1" }, versions())
    end)

    it("outside of the transaction leaves what was committed, and says which revision it is on", function()
      version("b2", [[return { revision = "b2", down_revision = "a1", upgrade = function(op)
        op.execute "CREATE TABLE before_block (x INTEGER)"
        op.autocommit_block(function()
          op.execute "CREATE TABLE in_block (x INTEGER)"
          op.execute "INSERT INTO nowhere VALUES (1)"
        end)
      end, downgrade = function() end }]])
      config "transaction_per_migration = true"
      assert.equal(1, (run("upgrade", "head")))
      assert.same({ "a1" }, versions())
      assert.same({ "alembic_version", "before_block", "in_block", "t1" }, tables())
    end)

    it("of a killed process leaves nothing half-applied", function()
      version("b2", ([[return { revision = "b2", down_revision = "a1", upgrade = function(op)
        op.execute "CREATE TABLE half (x INTEGER)"
        io.open(%q, "w"):close()
        while true do end
      end, downgrade = function() end }]]):format(folder .. "/started"))
      local command = ("LUA_PATH=%s LUA_CPATH=%s %s bin/alchemoon -q -c %s upgrade head 2>/dev/null & echo $!"):format(
        files.shell(package.path), files.shell(package.cpath), LUA, files.shell(folder .. "/alchemoon.lua"))
      local pipe = io.popen(command .. " >" .. folder .. "/pid; wait")
      for _ = 1, 200 do
        if files.exists(folder .. "/started") then break end
        os.execute "sleep 0.05"
      end
      assert.is_true(files.exists(folder .. "/started"))
      os.execute("kill -9 $(cat " .. folder .. "/pid)")
      pipe:close()
      if pg then -- the server notices in its own time
        for _ = 1, 100 do
          if #tables() == 0 then break end
          os.execute "sleep 0.05"
        end
      end
      assert.same({}, tables())
      version("b2", [[return { revision = "b2", down_revision = "a1", upgrade = function() end }]])
      assert.equal(0, (run("upgrade", "head")))
      assert.same({ "b2" }, versions())
    end)

    it("of a wrong revision names it", function()
      fails("Can't locate revision identified by 'nope'", "upgrade", "nope")
      fails("Can't locate revision identified by 'nope'", "downgrade", "nope")
      fails("Can't locate revision identified by 'nope'", "stamp", "nope")
      fails("Can't locate revision identified by 'nope'", "show", "nope")
      fails("Relative revision +5 didn't produce 5 migrations", "upgrade", "+5")
      assert.same({}, tables())
    end)

    it("of two heads says how to choose", function()
      version("b2", [[return { revision = "b2", down_revision = "a1", upgrade = function() end }]])
      version("c2", [[return { revision = "c2", down_revision = "a1", upgrade = function() end }]])
      fails("Multiple head revisions are present for given argument 'head'; please specify a specific target " ..
        "revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads", "upgrade", "head")
      fails("Multiple heads are present; please specify the head revision on which the new revision should be " ..
        "based, or perform a merge.", "revision", "-m", "x")
      fails("Multiple heads are present; please specify a single target revision", "stamp", "head")
      assert.same({}, tables())
    end)

    it("of a missing file names the revision and the one that needs it", function()
      version("c3", [[return { revision = "c3", down_revision = "b2", upgrade = function() end }]])
      fails("Revision b2 referenced from FOLDER/migrations/versions/c3.lua (down_revision) is not present; restore " ..
        "its file, or point down_revision of c3 at a revision that exists", "upgrade", "head")
      assert.same({}, tables())
    end)

    it("of a cycle names its members", function()
      version("b2", [[return { revision = "b2", down_revision = "c3", upgrade = function() end }]])
      version("c3", [[return { revision = "c3", down_revision = "b2", upgrade = function() end }]])
      fails("Cycle is detected in revisions (b2, c3)", "upgrade", "head")
      version("b2", [[return { revision = "b2", down_revision = "b2", upgrade = function() end }]])
      os.remove(folder .. "/migrations/versions/c3.lua")
      fails("Self-loop is detected in revisions (b2)", "history")
    end)

    it("of a revision that stands in two files names both", function()
      version("copy", A1)
      fails("Revision a1 is present more than once: FOLDER/migrations/versions/a1.lua and " ..
        "FOLDER/migrations/versions/copy.lua", "upgrade", "head")
      assert.same({}, tables())
    end)

    it("of an edited history and of a database ahead of the code says what to do", function()
      version("b2", [[return { revision = "b2", down_revision = "a1", upgrade = function() end }]])
      assert.equal(0, (run("upgrade", "head")))
      os.remove(folder .. "/migrations/versions/b2.lua")
      local text = "Can't locate revision identified by 'b2': the database is ahead of this folder of migrations, " ..
        "or the file of that revision is gone; restore the file, or stamp the database"
      fails(text, "upgrade", "head")
      fails(text, "downgrade", "base")
      fails(text, "current")
      assert.same({ "b2" }, versions())
      assert.equal(0, (run("stamp", "--purge", "a1")))
      assert.same({ "a1" }, versions())
      -- another parent: the row of the database is a head of its own now
      version("b2", [[return { revision = "b2", down_revision = nil, upgrade = function() end }]])
      assert.equal(0, (run("upgrade", "heads")))
      assert.same({ "a1", "b2" }, versions())
    end)

    it("of an unwritable folder names the file", function()
      if os.execute("test $(id -u) = 0") == true or os.execute("test $(id -u) = 0") == 0 then
        -- root may write everywhere: a file stands where the folder should be
        os.execute("rm -rf " .. folder .. "/migrations/versions")
        files.write(folder .. "/migrations/versions", "")
        fails("Can't create folder 'FOLDER/migrations/versions'; check that its parent exists and may be written",
          "revision", "-m", "x", "--rev-id", "b2")
        return
      end
      os.execute("chmod a-w " .. folder .. "/migrations/versions")
      local code, err = run("revision", "-m", "x", "--rev-id", "b2")
      assert.equal(1, code)
      assert.equal("FAILED: Can't write 'FOLDER/migrations/versions/b2_x.lua': " ..
        "FOLDER/migrations/versions/b2_x.lua: Permission denied\n", err)
    end)

    it("in the configuration says which key", function()
      files.write(folder .. "/alchemoon.lua", "return {")
      local _, err = run "current"
      assert.matches("^FAILED: Can't load configuration 'FOLDER/alchemoon.lua': FOLDER/alchemoon.lua:1: ", err)
      files.write(folder .. "/alchemoon.lua", "error 'no secrets here'")
      assert.matches("^FAILED: Can't load configuration 'FOLDER/alchemoon.lua': .*no secrets here", select(2,
        run "current"))
      files.write(folder .. "/alchemoon.lua", "return 5")
      fails("Configuration 'FOLDER/alchemoon.lua' must return a table, got number", "current")
      files.write(folder .. "/alchemoon.lua", "return { script_location = 'migrations' }")
      fails("No 'url' in the configuration, and ALCHEMOON_URL is not set", "current")
      files.write(folder .. "/alchemoon.lua", "return { url = 'sqlite://' }")
      fails("No 'script_location' key found in configuration.", "current")
      files.write(folder .. "/alchemoon.lua", "return { script_location = 'nowhere', url = 'sqlite://' }")
      fails("Path doesn't exist: 'FOLDER/nowhere'.  Please use the 'init' command to create a new scripts folder.",
        "current")
      files.write(folder .. "/alchemoon.lua", "return { script_locations = 'x' }")
      assert.matches("unknown option 'script_locations'; did you mean 'script_location'", select(2, run "current"))
      config "target_metadata = 'no.such.module'"
      local _, err2 = run "check"
      assert.matches("^FAILED: Can't load target_metadata 'no.such.module': module 'no.such.module' not found", err2)
      config ""
      fails("Can't proceed with --autogenerate option; configuration FOLDER/alchemoon.lua does not provide a " ..
        "MetaData object: set 'target_metadata'", "revision", "--autogenerate", "-m", "x")
      config "target_metadata = 5"
      assert.equal(0, (run("upgrade", "head")))
      fails("target_metadata must be a MetaData or a list of them, got number", "check")
    end)

    it("in a migration's file names the file", function()
      version("b2", "return { revision = 'b2', ")
      assert.matches("^FAILED: Can't load migration 'FOLDER/migrations/versions/b2.lua': .*b2.lua:1: ", select(2,
        run("upgrade", "head")))
      version("b2", "return 5")
      fails("Could not determine revision id from file 'FOLDER/migrations/versions/b2.lua'; it must return a table " ..
        "with the field 'revision'", "upgrade", "head")
      version("b2", "return { revision = 'b2', down_revision = 'a1', upgrade = 5 }")
      fails("'upgrade' of migration 'FOLDER/migrations/versions/b2.lua' must be a function", "upgrade", "head")
      version("b2", "return { revision = 'b-2', down_revision = 'a1', upgrade = function() end }")
      fails("Character(s) '-' not allowed in revision identifier 'b-2'", "upgrade", "head")
      version("b2", "return { revision = 'b2', down_revision = 'a1' }")
      fails("Migration 'FOLDER/migrations/versions/b2.lua' has no function 'upgrade'", "upgrade", "head")
      version("b2", "return { revision = 'b2', down_revision = 'a1', upgrade = function() end }")
      assert.equal(0, (run("upgrade", "head")))
      fails("Revision b2 has no downgrade", "downgrade", "base")
      assert.same({ "b2" }, versions())
    end)

    it("of an editor says what to set", function()
      os.execute(("mkdir %s/bin; ln -s $(command -v ls) %s/bin/ls"):format(folder, folder))
      local script = ("PATH=%s/bin EDITOR= VISUAL= LUA_PATH=%s LUA_CPATH=%s %s bin/alchemoon " ..
        "-c %s edit a1 2>&1"):format(folder, files.shell(package.path), files.shell(package.cpath), LUA,
          files.shell(folder .. "/alchemoon.lua"))
      local pipe = io.popen(script)
      local text = pipe:read "*a"
      pipe:close()
      assert.matches('FAILED: Error executing editor %(No suitable editor found. Please set the "EDITOR" or ' ..
        '"VISUAL" environment variables%)', text)
    end)

    if pg then
      it("of a lock that another has names the option", function()
        engine:begin(function(conn) conn:exec_driver_sql "CREATE TABLE busy (id INTEGER)" end)
        version("b2", [[return { revision = "b2", down_revision = "a1", upgrade = function(op)
          op.execute "ALTER TABLE busy ADD COLUMN x INTEGER"
        end }]])
        config "lock_timeout = 0.2"
        engine:connect(function(conn)
          conn:exec_driver_sql "LOCK TABLE busy IN ACCESS SHARE MODE"
          local code, err = run("upgrade", "head")
          assert.equal(1, code)
          assert.matches("canceling statement due to lock timeout", err)
          conn:rollback()
        end)
        assert.same({ "busy" }, tables())
        config "statement_timeout = 0.2"
        version("b2", [[return { revision = "b2", down_revision = "a1", upgrade = function(op)
          op.execute "SELECT pg_sleep(5)"
        end }]])
        local code, err = run("upgrade", "head")
        assert.equal(1, code)
        assert.matches("canceling statement due to statement timeout", err)
        assert.same({ "busy" }, tables())
      end)
    end

    it("of two deployments at once does not happen: one waits", function()
      version("b2", [[return { revision = "b2", down_revision = "a1", upgrade = function(op)
        op.execute "CREATE TABLE once (x INTEGER)"
        os.execute "sleep 0.4"
      end }]])
      local one = ("LUA_PATH=%s LUA_CPATH=%s %s bin/alchemoon -c %s upgrade head >%s/%%s 2>&1; echo $? >>%s/%%s")
        :format(files.shell(package.path), files.shell(package.cpath), LUA, files.shell(folder .. "/alchemoon.lua"),
          folder, folder)
      os.execute(("(%s) & (%s) & wait"):format(one:format("1", "1"), one:format("2", "2")))
      local first, second = files.read(folder .. "/1"), files.read(folder .. "/2")
      assert.matches("\n0\n$", "\n" .. first)
      assert.matches("\n0\n$", "\n" .. second)
      assert.same({ "b2" }, versions())
      local ran = 0
      for _, text in ipairs { first, second } do
        if text:find "Running upgrade a1 %-> b2" then ran = ran + 1 end
      end
      assert.equal(1, ran)
    end)
  end)
end)
