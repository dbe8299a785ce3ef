-- The program: folders, files, exit codes.
local files = require "alchemoon.migrate.files"
local migrations = require "support.migrations"

describe("the program alchemoon", function()
  local folder
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    files.make_folder(folder)
  end)
  after_each(function() os.execute("rm -rf " .. files.shell(folder)) end)

  local function run(...) return migrations.program(folder, ...) end
  local function prepared(url)
    assert.equal(0, (run("init", folder .. "/migrations")))
    files.write(folder .. "/alchemoon.lua", ("return { script_location = 'migrations', url = %q }"):format(url or
      ("sqlite:///" .. folder .. "/db.sqlite")))
  end

  it("makes files and runs them", function()
    prepared()
    local code, out = run("revision", "-m", "Make it!", "--rev-id", "aa1")
    assert.equal(0, code)
    assert.equal("  Generating " .. folder .. "/migrations/versions/aa1_make_it.lua ...  done\n", out)
    assert.equal(0, (run("revision", "-m", "second", "--rev-id", "bb2")))
    local _, _, err = run("upgrade", "head")
    assert.equal("INFO  [alchemoon.migrate] Running upgrade  -> aa1, Make it!\n" ..
      "INFO  [alchemoon.migrate] Running upgrade aa1 -> bb2, second\n", err)
    assert.equal("bb2 (head)\n", select(2, run "current"))
    assert.equal(0, (run("downgrade", "-1")))
    assert.equal("aa1\n", select(2, run "current"))
    assert.equal(0, (run("-q", "downgrade", "base")))
    assert.equal("", select(2, run "current"))
  end)

  it("asks for --splice, merges, shows branches", function()
    prepared()
    run("revision", "-m", "one", "--rev-id", "aa1")
    run("revision", "-m", "two", "--rev-id", "bb2")
    local code, _, err = run("revision", "-m", "x", "--head", "aa1")
    assert.equal(1, code)
    assert.equal("FAILED: Revision aa1 is not a head revision; please specify --splice to create a new branch from " ..
      "this revision\n", err)
    assert.equal(0, (run("revision", "-m", "x", "--head", "aa1", "--splice", "--rev-id", "cc3", "--branch-label", "l")))
    assert.equal("FAILED: Multiple heads are present; please specify the head revision on which the new revision " ..
      "should be based, or perform a merge.\n", select(3, run("revision", "-m", "y")))
    assert.equal(1, (run("upgrade")))
    assert.equal("aa1 (branchpoint)\n    -> bb2 (head)\n    -> cc3 (l) (head)\n\n",
      select(2, run "branches"))
    assert.equal(0, (run("merge", "heads", "-m", "join", "--rev-id", "dd4")))
    assert.equal("dd4 (l) (head)\n", select(2, run "heads"))
    assert.equal("bb2, cc3 -> dd4 (l) (head) (mergepoint), join\n", select(2, run("history", "-r", "dd4:")))
    assert.equal(0, (run("upgrade")))
  end)

  it("keeps passwords to itself", function()
    prepared "postgresql://me:secret@127.0.0.1:1/nothing"
    local code, out, err = run("current", "-v")
    assert.equal(1, code)
    assert.is_nil((out .. err):find("secret", 1, true))
  end)

  it("has exit codes and remedies", function()
    local code, _, err = run "heads"
    assert.equal(1, code)
    assert.matches("No configuration file .* run 'alchemoon init DIRECTORY'", err)
    assert.equal(2, (run "nonsense"))
    prepared()
    code, _, err = run("init", folder .. "/migrations")
    assert.equal(1, code)
    assert.matches("already exists and is not empty", err)
    files.write(folder .. "/migrations/versions/bad.lua", "return {")
    assert.matches("Can't load migration '.*bad.lua'", select(3, run "heads"))
    files.write(folder .. "/migrations/versions/bad.lua", "return {}")
    assert.matches("Could not determine revision id from file '.*bad.lua'", select(3, run "heads"))
  end)

  it("uses the folder's template and file_template, and several databases", function()
    prepared()
    files.write(folder .. "/alchemoon.lua", ([[return { script_location = "migrations",
      file_template = "%%(year)s_%%(rev)s_%%(slug)s", databases = {
        one = { url = "sqlite:///%s/one.db" }, two = { url = "sqlite:///%s/two.db", version_table = "v" } } }]]
      ):format(folder, folder))
    files.write(folder .. "/migrations/migration.lua.template",
      "return { revision = ${revision}, down_revision = ${down_revision}, upgrade = function() end }")
    local code, out, err = run("-n", "one", "revision", "-m", "x", "--rev-id", "aa1")
    assert.equal("", err)
    assert.equal(0, code)
    assert.matches(os.date "!%Y" .. "_aa1_x.lua", out)
    assert.equal(0, (run "upgrade"))
    assert.equal("aa1 (head)\naa1 (head)\n", select(2, run "current"))
    assert.equal("FAILED: There is no database 'three' in the configuration\n",
      select(3, run("-n", "three", "current")))
  end)

  it("shows ranges of the history, labels and dependencies", function()
    prepared()
    run("revision", "-m", "one", "--rev-id", "aa1")
    run("revision", "-m", "two", "--rev-id", "bb2", "--branch-label", "main")
    run("revision", "-m", "apart", "--rev-id", "cc3", "--head", "base", "--depends-on", "aa1")
    run("upgrade", "bb2")
    local function history(...) return select(2, run("history", ...)) end
    assert.equal("<base> -> aa1, one\n", history("-r", ":aa1"))
    assert.equal("<base> -> aa1, one\n", history("-r", "base:aa1"))
    assert.equal("aa1 -> bb2 (main) (head), two\n<base> -> aa1, one\n", history("-r=-1:bb2"))
    assert.equal("aa1 -> bb2 (main) (head) (current), two\n<base> -> aa1, one\n", history("-r", ":bb2", "-i"))
    assert.matches("<base> %(aa1%) %-> cc3 %(head%), apart", history())
    assert.equal("FAILED: Requested range bb2:aa1 does not refer to ancestor/descendant revisions along the same " ..
      "branch\n", select(3, run("history", "-r", "bb2:aa1")))
    assert.equal("FAILED: History range requires [start]:[end], [start]:, or :[end]\n", select(3, run("history", "-r",
      "aa1")))
    local _, out = run("show", "bb2")
    assert.equal("Rev: bb2 (head)\nParent: aa1\nBranch names: main\nPath: " .. folder ..
      "/migrations/versions/bb2_two.lua\n\n    two\n    \n    Revision ID: bb2\n    Revises: aa1\n",
      (out:gsub("    Create Date: [^\n]*\n\n$", "")))
  end)

  it("gives -x and --tag to the configuration and to migrations", function()
    prepared()
    files.write(folder .. "/alchemoon.lua", ([[local path, x = ...
      return { script_location = "migrations", url = "sqlite:///%s/" .. x.db .. ".db" }]]):format(folder))
    files.write(folder .. "/migrations/versions/a.lua", [[return { revision = "a", upgrade = function(op)
      local context = op.get_context()
      op.execute("CREATE TABLE " .. context:get_x_argument({ as_dictionary = true }).name .. " (x INTEGER)")
      op.execute("CREATE TABLE " .. context:get_tag_argument() .. " (x INTEGER)")
    end }]])
    assert.equal(0, (run("-x", "db=here", "-x", "name=made", "upgrade", "head", "--tag", "tagged")))
    local am = require "alchemoon"
    local engine = am.create_engine("sqlite:///" .. folder .. "/here.db")
    assert.same({ "alembic_version", "made", "tagged" }, am.inspect(engine):get_table_names())
    engine:dispose()
  end)

  it("shows the time of a long migration, also of the last one", function()
    prepared()
    files.write(folder .. "/migrations/versions/a.lua", [[return { revision = "a", upgrade = function()
      os.execute "sleep 1.1" end }]])
    local _, _, err = run("upgrade", "head")
    assert.matches("^INFO  %[alchemoon.migrate%] Running upgrade  %-> a\n      1%.%d s\n$", err)
    assert.is_nil(err:find("\27", 1, true))
  end)

  it("reads URLs from the environment", function()
    prepared "postgresql://me:secret@127.0.0.1:1/nothing"
    local pipe = io.popen(("ALCHEMOON_URL=sqlite:///%s/env.db LUA_PATH=%s LUA_CPATH=%s %s bin/alchemoon " ..
      "-c %s/alchemoon.lua current -v 2>&1"):format(folder, files.shell(package.path), files.shell(package.cpath),
        require "support.interpreter", folder))
    local out = pipe:read "*a"
    pipe:close()
    assert.equal(("Current revision(s) for sqlite:///%s/env.db:\n"):format(folder), out)
  end)
end)
