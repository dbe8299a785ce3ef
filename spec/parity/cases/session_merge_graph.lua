-- merge of graphs: collections replaced, association objects, trees, keyed collections, loads, cascades that stop.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map = p.say, p.step, p.sql, p.error, p.map
local select, inspect, Session = am.select, am.inspect, am.Session

local Base = am.declarative_base()
local tagging = am.Table("tagging", Base.metadata, am.Column("doc_id", am.ForeignKey("doc.id"), { primary_key = true }),
  am.Column("tag_id", am.ForeignKey("tag.id"), { primary_key = true }))

local id = am.Column(am.Integer, { primary_key = true })
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = id,
  title = am.Column(am.String(30)),
  owner_id = am.Column(am.ForeignKey("owner.id")),
  parent_id = am.Column(am.ForeignKey("doc.id")),
  owner = am.relationship("Owner", { backref = "docs" }),
  tags = am.relationship("Tag", { secondary = tagging, order_by = "Tag.id" }),
  notes = am.relationship("Note", { collection_class = am.attribute_keyed_dict("key"),
    cascade = "all, delete-orphan" }),
  children = am.relationship("Doc", { backref = am.backref("parent", { remote_side = id }), order_by = "Doc.id" }),
})
local Owner = Base:model("Owner", {
  __tablename__ = "owner",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  secret = am.relationship("Secret", { uselist = false, cascade = "save-update", back_populates = "owner" }),
})
local Secret = Base:model("Secret", {
  __tablename__ = "secret",
  id = am.Column(am.Integer, { primary_key = true }),
  word = am.Column(am.String(30)),
  owner_id = am.Column(am.ForeignKey("owner.id")),
  owner = am.relationship(Owner, { back_populates = "secret" }),
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
})
local Note = Base:model("Note", {
  __tablename__ = "note",
  doc_id = am.Column(am.ForeignKey("doc.id"), { primary_key = true }),
  key = am.Column(am.String(10), { primary_key = true }),
  body = am.Column(am.String(30)),
})

local db = p.engine()
Base.metadata:create_all(db)
p.forget()
Session(db, function(s)
  s:begin(function()
    s:add(Doc{ id = 1, title = "one", owner = Owner{ id = 1, name = "ann", secret = Secret{ id = 1, word = "x" } },
      tags = { Tag{ id = 1, name = "red" }, Tag{ id = 2, name = "blue" } },
      notes = { a = Note{ key = "a", body = "note a" } },
      children = { Doc{ id = 2, title = "two" },
        Doc{ id = 3, title = "three", children = { Doc{ id = 4, title = "four" } } } } })
  end)
end)

local function titles(docs) return map(docs, function(d) return d.title end) end
local function names(tags) return map(tags, function(t) return t.name end) end

local function bodies(notes)
  local out = {}
  for key, note in notes:items() do out[key] = note.body end
  return out
end

local function show(doc)
  say(doc.id, doc.title, doc.owner and doc.owner.name, names(doc.tags), bodies(doc.notes), titles(doc.children))
end

local function classes(objects) return p.sorted(map(objects, function(o) return inspect(o).class_.__name__ end)) end

p.forget()
step "a graph put together by hand"
Session(db, function(s)
  local merged = s:merge(Doc{ id = 1, title = "ONE", owner = Owner{ id = 1, name = "ANN" },
    tags = { Tag{ id = 2, name = "BLUE" }, Tag{ id = 3, name = "green" } },
    notes = { b = Note{ key = "b", body = "note b" } } })
  sql()
  say(classes(s.new), classes(s.dirty))
  say(inspect(merged).attrs.title.history, inspect(merged).attrs.tags.history)
  s:flush()
  sql()
  show(merged)
  s:rollback()
end)

step "what is not set is left alone"
Session(db, function(s)
  local merged = s:merge(Doc{ id = 1, title = "only the title" })
  say(#inspect(merged).unmodified == 0, inspect(merged).attrs.tags.history, inspect(merged).dict.children ~= nil)
  s:flush()
  sql()
  show(merged)
end)

step "a detached tree"
local tree
Session(db, function(s)
  tree = s:scalars(select(Doc):filter_by{ id = 1 }:options(
    am.selectinload(Doc.children):selectinload(Doc.children), am.joinedload(Doc.owner))):one()
end)
tree.title = "root"
tree.children[2].children[1].title = "leaf"
tree.children:pop(1)
tree.owner.name = "anna"
p.forget()
Session(db, function(s)
  local merged = s:merge(tree)
  say(p.sorted(p.collect(s.dirty, function(o) if inspect(o).class_ == Doc then return o.title end end)), #s.new)
  say(merged == tree, merged.owner == tree.owner, merged.children[1].children[1].title, merged.owner.docs[1].title)
  p.forget()
  s:commit()
  sql()
  say(s:execute(select(Doc.id, Doc.title, Doc.parent_id):order_by(Doc.id)):all())
end)

step "merge with options"
p.forget()
Session(db, function(s)
  local merged = s:merge(Doc{ id = 1, title = "loaded" }, { options = { am.selectinload(Doc.tags) } })
  say(inspect(merged).dict.tags ~= nil, inspect(merged).dict.notes ~= nil)
  sql()
end)
Session(db, function(s)
  for _, each in ipairs(map({ Tag{ id = 1, name = "crimson" }, Tag{ id = 9, name = "new" } },
      function(tag) return s:merge(tag) end)) do
    say(each.id, each.name, inspect(each).persistent)
  end
  s:rollback()
end)

step "load=False"
Session(db, function(s)
  tree = s:scalars(select(Doc):filter_by{ id = 1 }:options(am.selectinload(Doc.tags))):one()
end)
p.forget()
Session(db, function(s)
  local merged = s:merge(tree, { load = false })
  say(merged.title, names(merged.tags), s:is_modified(merged), s.dirty, #s.identity_map)
  sql()
  tree.title = "dirty"
  s:expunge_all()
  error_of(function() s:merge(tree, { load = false }) end)
  error_of(function() s:merge(Doc{ id = 1, title = "transient" }, { load = false }) end)
end)

step "the cascade stops at secret"
Session(db, function(s)
  local owner = Owner{ id = 1, name = "ann", secret = Secret{ id = 1, word = "y" } }
  local merged = s:merge(owner)
  say(merged.name, merged.secret.word, merged.secret == owner.secret, s:contains(owner.secret))
end)

step "of what is there already"
Session(db, function(s)
  local doc = s:get(Doc, 1)
  say(s:merge(doc) == doc)
  local pending = Tag{ id = 12, name = "pending" }
  s:add(pending)
  say(s:merge(pending) == pending, s:merge(Tag{ id = 12, name = "again" }) == pending, pending.name)
  s:delete(doc.children[1])
  error_of(function() s:merge(42) end)
  local again = s:merge(Tag{ name = "no key" })
  say(inspect(again).pending, again.id)
  s:rollback()
end)

step "None and missing"
Session(db, function(s)
  local merged = s:merge(Doc{ id = 1, owner = am.null, tags = {} })
  s:flush()
  show(merged)
  merged = s:merge(Doc{ id = 77, title = "new one", children = { Doc{ id = 2 } } })
  say(inspect(merged).pending, merged.children[1].title)
  s:commit()
  say(s:get(Doc, 2).parent.title)
end)
