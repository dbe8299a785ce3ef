-- Tagging: one object per tag by the unique-object recipe, tags of several kinds of things, clouds, all-of, any-of.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local select, func, inspect, aliased, and_ = am.select, am.func, am.inspect, am.aliased, am.and_

local Base = am.declarative_base()

local function unique(session, cls, name)
  local cache = session.info.unique
  if not cache then
    cache = {}
    session.info.unique = cache
  end
  if not cache[name] then
    local found
    session:no_autoflush(function() found = session:scalars(select(cls):filter_by{ name = name }):first() end)
    if not found then
      found = cls{ name = name }
      session:add(found)
    end
    cache[name] = found
  end
  return cache[name]
end

local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20), { unique = true, nullable = false }),
  synonym_of_id = Column(ForeignKey("tag.id")),
  synonym_of = am.relationship("Tag",
    { remote_side = "Tag.id", backref = am.backref("synonyms", { order_by = "Tag.id" }) }),
})
local tables = {}
local Tagged = {
  tags = am.declared_attr(function(cls)
    local t = am.Table(cls.__tablename__ .. "_tag", Base.metadata,
      Column("owner_id", ForeignKey(cls.__tablename__ .. ".id"), { primary_key = true }),
      Column("tag_id", ForeignKey("tag.id"), { primary_key = true }))
    tables[cls.__name__] = t
    return am.relationship(Tag, { secondary = t, order_by = Tag.name, backref = cls.__tablename__ .. "s",
      collection_class = cls.__name__ == "Photo" and "set" or nil })
  end),
  tag_names = am.declared_attr(function() return am.association_proxy("tags", "name") end),
}
local Photo = Base:model("Photo", {
  __mixins__ = { Tagged },
  __tablename__ = "photo",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
})
local Note = Base:model("Note", {
  __mixins__ = { Tagged },
  __tablename__ = "note",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
})
am.configure_mappers()
Tag.photo_count = am.column_property(select(func.count(tables.Photo.c.owner_id))
  :where(tables.Photo.c.tag_id:eq(Tag.id)):correlate_except(tables.Photo):scalar_subquery())

local function name(t) return t.name end
local function title(x) return x.title end
local heard = {}
for _, what in ipairs{ "append", "remove", "bulk_replace" } do
  am.event.listen(Photo.tags, what, function(target, value)
    local single = am.inspect(value, false)
    heard[#heard + 1] = { what, target.title, single and value.name or p.sorted(p.map(value, name)) }
  end)
end

local e = p.engine()
Base.metadata:create_all(e)
local all = {}
for key in pairs(Base.metadata.tables) do all[#all + 1] = key end
say(p.sorted(all))
p.forget()
local s = am.Session(e, { expire_on_commit = false })

local function tag(thing, ...)
  for _, n in ipairs{ ... } do
    local t = unique(s, Tag, n)
    if inspect(thing).class_ == Photo then thing.tags:add(t) else thing.tags:append(t) end
  end
end

step "tag"
local sea, hill = Photo{ title = "sea" }, Photo{ title = "hill" }
s:add_all{ sea, hill }
tag(sea, "blue", "blue")
s:flush()
tag(sea, "water")
s:flush()
tag(hill, "green")
local memo = Note{ title = "memo" }
s:add(memo)
tag(memo, "blue", "todo")
s:commit()
say(p.sorted(sea.tag_names), p.map(memo.tag_names, function(x) return x end), p.sorted(heard))
heard = {}
local blue = unique(s, Tag, "blue")
say(p.map(blue.photos, title), p.map(blue.notes, title), blue.photo_count)
step "replace"
local water, green = unique(s, Tag, "water"), unique(s, Tag, "green")
sea.tags = { water, green }
say(p.sorted(heard), p.sorted(p.map(inspect(sea).attrs.tags.history.added, name)),
  p.sorted(p.map(inspect(sea).attrs.tags.history.deleted, name)))
heard = {}
s:commit()
say(p.map(green.photos, title), blue.photos)
step "set operations"
sea.tags:update{ blue }
sea.tags:difference_update{ green }
sea.tags:discard(green)
say(p.sorted(sea.tag_names), sea.tag_names:contains("blue"), #sea.tag_names, p.sorted(heard))
heard = {}
s:commit()
step "cloud"
for row in s:execute(select(Tag.name, func.count(Photo.id):label("n")):outerjoin(Tag.photos):group_by(Tag.name)
    :order_by(am.desc("n"), Tag.name)) do
  say(row)
end
local of_photo, of_note = tables.Photo.c, tables.Note.c
local uses = am.union(
  select(of_photo.tag_id:label("tag_id"), am.literal("photo"):label("kind"), of_photo.owner_id),
  select(of_note.tag_id, am.literal("note"), of_note.owner_id)):subquery("uses")
for row in s:execute(select(Tag.name, func.count(uses.c.owner_id), func.count(am.distinct(uses.c.kind)))
    :join(uses, uses.c.tag_id:eq(Tag.id)):group_by(Tag.name):order_by(Tag.name)) do
  say(row)
end
step "any, all, none"
local names = { "blue", "water" }
local q = select(Photo.title):order_by(Photo.title)
say(s:scalars(q:where(Photo.tags:any(Tag.name:in_(names)))):all(), s:scalars(q:where(am.not_(Photo.tags:any()))):all())
say(s:scalars(q:where(and_(Photo.tags:any{ name = names[1] }, Photo.tags:any{ name = names[2] }))):all())
say(s:scalars(q:join(Photo.tags):where(Tag.name:in_(names)):group_by(Photo.id, Photo.title)
  :having(func.count(am.distinct(Tag.id)):eq(2))):all())
say(s:scalars(q:where(Photo.tag_names:eq("green"))):all(), s:scalars(q:where(Photo.tag_names:contains("water"))):all(),
  s:scalars(q:where(Photo.tag_names:like("w%"))):all())
say(s:scalars(q:where(Photo.tags:contains(blue), am.not_(Photo.tags:contains(green)))):all())
local both = am.intersect(select(of_photo.tag_id), select(of_note.tag_id))
local only = am.except_(select(of_photo.tag_id), select(of_note.tag_id))
say(s:scalars(select(Tag.name):where(Tag.id:in_(both))):all(),
  s:scalars(select(Tag.name):where(Tag.id:in_(only)):order_by(Tag.name)):all())
step "alike"
for row in s:execute(select(Photo.title, Tag.name, Note.title):join(Photo.tags):join(Tag.notes)) do say(row) end
step "synonyms"
s:add(Tag{ name = "azure", synonym_of = blue })
s:commit()
local azure = s:scalars(select(Tag):where(Tag.name:eq("azure"))):one()
tag(hill, "azure")
s:flush()
say(p.map(blue.synonyms, name), p.sorted(hill.tag_names))
local target = aliased(Tag)
say(s:execute(select(Photo.title, func.coalesce(target.name, Tag.name)):join(Photo.tags)
  :outerjoin(target, Tag.synonym_of):order_by(Photo.title, Tag.name)):all())
step "merge two tags"
for _, photo in ipairs(p.map(azure.photos, function(x) return x end)) do
  photo.tags:remove(azure)
  photo.tags:add(blue)
end
say(p.sorted(heard))
s:delete(azure)
s:commit()
say(p.sorted(p.map(blue.photos, title)), blue.synonyms)
step "load"
s:expunge_all()
for photo in s:scalars(select(Photo):order_by(Photo.id)
    :options(am.selectinload(Photo.tags):joinedload(Tag.synonym_of))) do
  say(photo.title, p.sorted(photo.tag_names))
end
step "a tag in use goes"
s:delete(s:scalars(select(Tag):filter_by{ name = "water" }):one())
s:commit()
say(s:scalar(select(func.count()):select_from(tables.Photo)))
p.error(function()
  s:add_all{ Tag{ name = "x" }, Tag{ name = "x" } }
  s:commit()
end)
s:rollback()
s:close()
p.sql()
