-- What inspect() tells: mappers, attributes of every kind, relationships, descriptors, histories, states.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, error_of, map, sorted = p.say, p.step, p.sql, p.error, p.map, p.sorted
local func, inspect = am.func, am.inspect
local Column, Integer, String = am.Column, am.Integer, am.String
local ForeignKey, relationship = am.ForeignKey, am.relationship

local Base = am.declarative_base()
local tagged = am.Table("tagged", Base.metadata, Column("doc_id", ForeignKey("doc.id"), { primary_key = true }),
  Column("tag_id", ForeignKey("tag.id"), { primary_key = true }))
local size = {}
size.__index = size
size.__eq = function(a, b) return a.w == b.w and a.h == b.h end
function size:__composite_values__() return self.w, self.h end
local function Size(w, h) return setmetatable({ w = w, h = h }, size) end
local id = Column(Integer, { primary_key = true })
local Doc = Base:model("Doc", {
  __tablename__ = "doc",
  id = id,
  kind = Column(String(5)),
  name = Column("doc_name", String(10), { info = { shown = true } }),
  body = am.deferred(Column(String(10)), { group = "big" }),
  w = Column(Integer),
  h = Column(Integer),
  parent_id = Column(ForeignKey("doc.id")),
  size = am.composite(Size, "w", "h"),
  area = am.declared_attr(function(cls) return am.column_property(cls.w * cls.h, { info = { sum = 1 } }) end),
  title = am.synonym("name"),
  parent = relationship("Doc", { remote_side = id, back_populates = "parts", doc = "the whole" }),
  parts = relationship("Doc", { back_populates = "parent", order_by = id, info = { x = 1 } }),
  tags = relationship("Tag", { secondary = tagged, back_populates = "docs", lazy = "selectin" }),
  words = am.association_proxy("tags", "word"),
  __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "doc" },
  upper = am.hybrid_property(function(self) return self.name:upper() end,
    { expression = function(cls) return func.upper(cls.name) end }),
  over = am.hybrid_method(function(self, n) return self.w > n end,
    { expression = function(cls, n) return cls.w:gt(n) end }),
})
local Scan = Base:model("Scan", {
  __extends__ = Doc,
  __tablename__ = "scan",
  id = Column(ForeignKey("doc.id"), { primary_key = true }),
  dpi = Column(Integer),
  __mapper_args__ = { polymorphic_identity = "scan" },
})
local Tag = Base:model("Tag", {
  __tablename__ = "tag",
  id = Column(Integer, { primary_key = true }),
  word = Column(String(10)),
  docs = relationship(Doc, { secondary = tagged, back_populates = "tags" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local function names(xs) return map(xs, function(x) return x.name end) end
local function keys(xs) return map(xs, function(x) return x.key end) end
local function classes(xs) return map(xs, function(x) return x.class_ end) end
local function texts(xs) return map(xs, tostring) end
step "mappers"
for _, cls in ipairs{ Doc, Scan, Tag } do
  local m = inspect(cls)
  say(cls, m.class_, m.local_table.name, names(m.tables), m.polymorphic_identity, m.single, m.concrete)
  say(sorted(m.attrs:keys()), m.relationships:keys(), sorted(m.composites:keys()), sorted(m.synonyms:keys()))
  say(sorted(m.column_attrs:keys()), names(m.primary_key), m.base_mapper.class_, m.inherits and m.inherits.class_)
  say(classes(m.self_and_descendants), classes(m:iterate_to_root()), m:isa(inspect(Doc)))
  say(sorted(keys(m.iterate_properties)), sorted(m.all_orm_descriptors:keys()))
end
local m = inspect(Doc)
say(m == am.class_mapper(Doc) and m == am.object_mapper(Scan{}).inherits, m.polymorphic_map.scan.class_,
  m.polymorphic_on.name)
say(m:has_property("nothing"), m:get_property("title").key, m:get_property_by_column(Doc.__table__.c.doc_name).key)
say(sorted(m.columns:keys()), m.c.name.name, m.columns.area ~= nil, inspect(Scan).c.dpi.table.name)
step "relationships"
for _, key in ipairs(sorted(m.relationships:keys())) do
  local r = m.relationships[key]
  say(key, r.key, r.direction.name, r.mapper.class_, r.parent.class_, r.entity.class_, r.uselist, r.lazy,
    r.back_populates)
  say(map(r.local_remote_pairs, function(x) return { tostring(x[1]), tostring(x[2]) } end),
    sorted(texts(r.local_columns)), sorted(texts(r.remote_side)))
  say(tostring(r.primaryjoin), r.secondaryjoin and tostring(r.secondaryjoin), r.secondary ~= nil and r.secondary.name,
    r.target.name, r.doc)
  say(r.viewonly, sorted(r.cascade), r.passive_deletes, r.post_update, r.order_by,
    r.collection_class, r.info)
end
step "attributes"
for _, a in ipairs{ Doc.name, Doc.body, Doc.area, Doc.size, Doc.parts, Doc.title } do
  local prop = a.property
  say(a.key, a.key ~= "size" and a.key ~= "parts", a.class_, a.info, prop.deferred, prop.group)
end
say(names(Doc.size.property.columns), names(m.attrs.name.columns), keys(Doc.size.property.props))
say(Doc.name.parent.class_, Doc.parts.parent.class_, Scan.name.class_, Scan.name.parent.class_, m.attrs.area.expression)
local d = m.all_orm_descriptors
say(d.upper.extension_type == am.HybridExtensionType.HYBRID_PROPERTY,
  d.over.extension_type == am.HybridExtensionType.HYBRID_METHOD,
  d.words.extension_type == am.AssociationProxyExtensionType.ASSOCIATION_PROXY)
say(d.name.is_attribute, d.upper.is_attribute, d.name.extension_type.name, d.title.is_attribute)
local al = am.aliased(Doc, { name = "dd" })
say(inspect(al).mapper == m, inspect(al).name, inspect(al).is_aliased_class, inspect(al).class_)
local wp = am.with_polymorphic(Doc, { Scan })
say(classes(inspect(wp).with_polymorphic_mappers), inspect(wp).is_aliased_class, classes(m.with_polymorphic_mappers))
say(Doc.parts:of_type(Scan).property.key, Doc.parts:and_(Doc.w:gt(1)).property.key, tostring(Doc.upper),
  Doc.words.attr[1].key)
step "states"
local s = am.Session(e)
local x = Scan{ name = "s", w = 2, h = 3, dpi = 9, tags = { Tag{ word = "t" } } }
local st = inspect(x)
say(st.mapper.class_, st.transient, st.identity, sorted(st.unloaded), st.class_, st.object == x)
say(st.attrs.name.value, st.attrs.body.loaded_value == am.NO_VALUE, #st.attrs:keys() == #m.attrs:keys())
s:add(x)
s:flush()
say(st.identity, st.identity_key[1], st.identity_key[2], st.persistent, st.has_identity, sorted(st.unloaded))
sql()
x.name = "n"
x.size = Size(5, 6)
x.tags:append(Tag{ word = "v" })
for _, key in ipairs{ "name", "w", "size", "tags", "parent", "title" } do
  error_of(function()
    local hist = st.attrs[key].history
    say(key, { #(hist.added or {}), #(hist.unchanged or {}), #(hist.deleted or {}) }, hist:has_changes(), hist:empty())
  end)
end
local get_history = am.get_history
say(get_history(x, "name"), get_history(x, "body", { passive = am.PASSIVE_NO_INITIALIZE }))
say(get_history(x, "name"):sum(), get_history(x, "name"):non_deleted(), get_history(x, "name"):non_added(),
  #get_history(x, "tags"):as_state()[1])
say(st.attrs.parts:load_history(), st.attrs.body:load_history())
local committed = {}
for k in pairs(st.committed_state) do committed[#committed + 1] = k end
say(st.modified, sorted(committed), sorted(st:unmodified_intersection{ "name", "dpi", "id" }))
sql()
s:commit()
local expired = sorted(st.expired_attributes)
say(st.expired, { expired[1], expired[2], expired[3] }, inspect(x) == st, st.session == s)
say(x.area, st.expired, x.upper, x:over(1), x.words:to_list())
sql()
error_of(function() inspect(5) end)
say(inspect(5, { raiseerr = false }), inspect(size, { raiseerr = false }))
error_of(function() m:get_property("nothing") end)
