-- The program: folders, files, exit codes.
local cli = require "alchemoon.migrate.cli"
local files = require "alchemoon.migrate.files"

describe("the program alchemoon", function()
  local folder
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    files.make_folder(folder)
  end)
  after_each(function() os.execute("rm -rf " .. files.shell(folder)) end)

  local function run(...)
    local out, err = {}, {}
    local code = cli.main({ "-c", folder .. "/alchemoon.lua", ... }, {
      out = function(text) out[#out + 1] = text end, err = function(text) err[#err + 1] = text end })
    return code, table.concat(out), table.concat(err)
  end
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
end)
