-- Optimistic locking: version numbers that are counted, made by a function, set by hand or by the database.
local am = require "alchemoon"
local backends = require "support.backends"
local blog = require "support.blog"

local function classes()
  local Base = am.declarative_base()
  local version = am.Column(am.Integer, { nullable = false })
  local Doc = Base:model("Doc", { __tablename__ = "docs", id = am.Column(am.Integer, { primary_key = true }),
    title = am.Column(am.String(50)), version = version, __mapper_args__ = { version_id_col = version } })
  local vid = am.Column(am.Integer)
  local Manual = Base:model("Manual", { __tablename__ = "manuals", id = am.Column(am.Integer, { primary_key = true }),
    title = am.Column(am.String(50)), vid = vid,
    __mapper_args__ = { version_id_col = vid, version_id_generator = false } })
  return { Base = Base, Doc = Doc, Manual = Manual }
end

backends.each(function(backend)
  local function with(fn) return blog.with(backend, nil, fn, classes) end

  describe("a counted version", function()
    it("is updated row by row and checked", function()
      with(function(env)
        local s = env.session()
        local docs = { env.Doc { id = 1, title = "a" }, env.Doc { id = 2, title = "b" } }
        s:add_all(docs)
        s:flush()
        env.log:take()
        docs[1].title, docs[2].title = "x", "x"
        s:flush()
        local update = "UPDATE docs SET version=?, title=? WHERE docs.id = ? AND docs.version = ? "
        assert.same({ update .. "[2, x, 1, 1]", update .. "[2, x, 2, 1]" }, env.log:take())
        s:execute(am.text "update docs set version = 9")
        docs[1].title = "y"
        local ok, e = pcall(s.flush, s)
        assert.is_false(ok)
        assert.equal("StaleDataError: UPDATE statement on table 'docs' expected to update 1 row(s); 0 were matched.",
          e.name .. ": " .. tostring(e))
      end)
    end)

    it("is asked for together with the key, so that one new row comes back by RETURNING", function()
      with(function(env)
        local s = env.session()
        s:add(env.Doc { title = "a" })
        s:flush()
        assert.matches("^INSERT INTO docs %(version, title%) VALUES %(%?, %?%) RETURNING .*id %[1, a%]$",
          env.log:take()[1])
      end)
    end)

    it("is loaded with load_only() only when a flush needs it", function()
      with(function(env)
        local s = env.session()
        s:add(env.Doc { id = 1, title = "a" })
        s:commit()
        s:expunge_all()
        local doc = s:get(env.Doc, 1, { options = { am.load_only(env.Doc.title) } })
        assert.same({ "version" }, { am.inspect(doc).unloaded[1] })
        env.log:take()
        doc.title = "b"
        s:flush()
        assert.same({ "SELECT docs.version AS docs_version FROM docs WHERE docs.id = ? [1]",
          "UPDATE docs SET version=?, title=? WHERE docs.id = ? AND docs.version = ? [2, b, 1, 1]" }, env.log:take())
      end)
    end)

    it("is compared when a row is locked", function()
      with(function(env)
        local s = env.session()
        local doc = env.Doc { id = 1, title = "a" }
        s:add(doc)
        s:flush()
        s:execute(am.text "update docs set version = 9")
        local ok, e = pcall(s.get, s, env.Doc, 1, { with_for_update = true })
        assert.is_false(ok)
        assert.equal("StaleDataError", e.name)
        assert.is_truthy(tostring(e):find("has version id '1' which does not match database-loaded version id '9'.", 1,
          true))
        assert.equal(1, doc.version)
        s:execute(am.text "update docs set version = 1, title = 'b'")
        assert.equal(doc, s:get(env.Doc, 1, { with_for_update = true }))
        assert.equal("a", doc.title) -- known already: only the version was looked at
      end)
    end)

    it("is read by a statement of its own where the object that is locked was expired", function()
      with(function(env)
        local s = env.session()
        local doc = env.Doc { id = 1, title = "a" }
        s:add(doc)
        s:commit()
        env.log:take()
        assert.equal(doc, s:get(env.Doc, 1, { with_for_update = true }))
        assert.equal(2, #env.log:take())
        assert.equal("a", doc.title)
        assert.equal(0, #env.log:take())
      end)
    end)
  end)

  describe("bulk_update_mappings() of versioned rows", function()
    it("updates them one by one, and counts", function()
      with(function(env)
        local s = env.session()
        s:add_all { env.Doc { id = 1, title = "a" }, env.Doc { id = 2, title = "b" } }
        s:flush()
        env.log:take()
        local rows = { { id = 1, title = "x", version = 1 }, { id = 2, title = "y", version = 1 } }
        s:bulk_update_mappings(env.Doc, rows)
        local update = "UPDATE docs SET version=?, title=? WHERE docs.id = ? AND docs.version = ? "
        assert.same({ update .. "[2, x, 1, 1]", update .. "[2, y, 2, 1]" }, env.log:take())
        local ok, e = pcall(s.bulk_update_mappings, s, env.Doc, rows)
        assert.is_false(ok)
        assert.equal("UPDATE statement on table 'docs' expected to update 2 row(s); 0 were matched.", e.message)
      end)
    end)
  end)

  describe("bulk_save_objects()", function()
    it("counts up the version of an object that did not change", function()
      with(function(env)
        local s = env.session()
        local doc = env.Doc { id = 1, title = "a" }
        s:add(doc)
        s:commit()
        assert.equal(1, doc.version)
        s:bulk_save_objects { doc }
        assert.equal(2, s:scalar(am.text "select version from docs"))
      end)
    end)
  end)

  describe("a version set by hand", function()
    it("finds the row by its old value, also when that was expired", function()
      with(function(env)
        local s = env.session()
        local doc = env.Manual { id = 1, title = "a", vid = 1 }
        s:add(doc)
        s:commit()
        doc.vid = 2
        env.log:take()
        s:flush()
        assert.same({ "UPDATE manuals SET vid=? WHERE manuals.id = ? AND manuals.vid = ? [2, 1, 1]" }, env.log:take())
        doc.vid = nil
        local ok, e = pcall(s.flush, s)
        assert.is_false(ok)
        assert.equal("FlushError: Instance does not contain a non-NULL version value", e.name .. ": " .. tostring(e))
      end)
    end)
  end)

  describe("a version and a post_update in one flush", function()
    it("is counted twice, from what the first statement stored, also where the program set it again", function()
      local function made()
        local Base = am.declarative_base()
        local version = am.Column(am.Integer)
        local Reader = Base:model("Reader", { __tablename__ = "readers",
          id = am.Column(am.Integer, { primary_key = true }) })
        local Doc = Base:model("Doc", { __tablename__ = "docs", id = am.Column(am.Integer, { primary_key = true }),
          version = version, reader_id = am.Column(am.Integer, am.ForeignKey "readers.id"),
          reader = am.relationship("Reader", { post_update = true }), __mapper_args__ = { version_id_col = version } })
        return { Base = Base, Doc = Doc, Reader = Reader }
      end
      blog.with(backend, nil, function(env)
        local s = env.session()
        s:add_all { env.Reader { id = 2 }, env.Doc { id = 1, reader = env.Reader { id = 1 } } }
        s:commit()
        local doc = s:get(env.Doc, 1)
        local before = doc.version
        assert.equal(1, doc.reader.id)
        doc.version, doc.reader_id = before, 2
        s:commit()
        assert.same({ before + 2, 2 }, { doc.version, doc.reader.id })
      end, made)
    end)
  end)

  describe("a version that the database counts", function()
    it("comes back with a key that an expression makes", function()
      local function made()
        local Base = am.declarative_base()
        local version = am.Column(am.Integer, { default = am.text "1", onupdate = am.literal_column "version + 1" })
        local Doc = Base:model("Doc", { __tablename__ = "docs", id = am.Column(am.Integer, { primary_key = true }),
          version = version, __mapper_args__ = { version_id_col = version, version_id_generator = false } })
        return { Base = Base, Doc = Doc }
      end
      blog.with(backend, nil, function(env)
        local s = env.session()
        local doc = env.Doc { id = 1 }
        s:add(doc)
        s:flush()
        doc.id = env.Doc.id + 6
        s:flush()
        assert.same({ 7, 2 }, { doc.id, doc.version })
        s:commit()
        assert.equal(doc, s:get(env.Doc, 7))
      end, made)
    end)
  end)
end)
