-- Remarks on anything: by a discriminator on an association with a proxy, and by a foreign key that only code knows.
local am = require "alchemoon"
local p = require "parity"
local say, step, sql, map = p.say, p.step, p.sql, p.map
local Column, Integer, String, ForeignKey = am.Column, am.Integer, am.String, am.ForeignKey
local relationship, backref, declared_attr, association_proxy = am.relationship, am.backref, am.declared_attr,
  am.association_proxy
local select, func, inspect, event = am.select, am.func, am.inspect, am.event

local Base = am.declarative_base()

local Model = Base:model("Model", {
  __abstract__ = true,
  id = Column(Integer, { primary_key = true }),
  __tablename__ = declared_attr(function(cls) return cls.__name__:lower() .. "s" end),
})

local Thread = Base:model("Thread", {
  __extends__ = Model,
  __mapper_args__ = { polymorphic_on = "discriminator" },
  discriminator = Column(String(20)),
})

local Remark = Base:model("Remark", {
  __extends__ = Model,
  thread_id = Column(ForeignKey("threads.id")),
  text = Column(String(30)),
  thread = relationship("Thread", { backref = backref("remarks", { order_by = "Remark.id" }) }),
  parent = association_proxy("thread", "parent"),
})

local threads = {}
local HasRemarks = {
  thread_id = declared_attr(function() return Column(ForeignKey("threads.id")) end),
  thread = declared_attr(function(cls)
    local name = cls.__name__
    threads[name] = Base:model(name .. "Thread", { __extends__ = Thread, __tablename__ = am.null,
      __mapper_args__ = { polymorphic_identity = name:lower() } })
    return relationship(threads[name], { backref = backref("parent", { uselist = false }) })
  end),
  remarks = declared_attr(function(cls)
    local name = cls.__name__
    return association_proxy("thread", "remarks", {
      creator = function(remarks) return threads[name]{ remarks = remarks } end })
  end),
}

local Photo = Base:model("Photo", { __extends__ = Model, __mixins__ = { HasRemarks }, title = Column(String(20)) })
local Video = Base:model("Video", { __extends__ = Model, __mixins__ = { HasRemarks }, title = Column(String(20)) })

local Star = Base:model("Star", {
  __extends__ = Model,
  owner_type = Column(String(20)),
  owner_id = Column(Integer),
  points = Column(Integer),
})
function Star:owner() return self["owner_" .. self.owner_type] end

local HasStars = {}
event.listen(HasStars, "mapper_configured", function(_, cls)
  local kind = cls.__name__:lower()
  cls.stars = relationship(Star, {
    primaryjoin = am.and_(cls.id:eq(am.foreign(am.remote(Star.owner_id))), Star.owner_type:eq(kind)),
    backref = backref("owner_" .. kind, { primaryjoin = am.remote(cls.id):eq(am.foreign(Star.owner_id)) }),
    order_by = Star.id })
  event.listen(cls.stars, "append", function(_, value) value.owner_type = kind end)
end, { propagate = true })

local Song = Base:model("Song", { __extends__ = Model, __mixins__ = { HasStars }, name = Column(String(20)) })
local Band = Base:model("Band", { __extends__ = Model, __mixins__ = { HasStars }, name = Column(String(20)) })

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
am.configure_mappers()
local function keys(items)
  local out = {}
  for k in pairs(items) do out[#out + 1] = k end
  return p.sorted(out)
end
say(keys(Base.metadata.tables), map(am.columns(Photo.__table__), function(c) return c.name end),
  keys(inspect(Thread).polymorphic_map))
say(p.sorted(inspect(Song).relationships:keys()), p.sorted(inspect(Star).relationships:keys()))
local session = am.Session(e)
local function texts(items) return map(items, function(r) return r.text end) end
step "remarks"
local photo = Photo{ title = "sea", remarks = { Remark{ text = "wow" }, Remark{ text = "blue" } } }
session:add(photo)
session:flush()
sql()
local v = Video{ title = "run", remarks = { Remark{ text = "fast" } } }
session:add(v)
session:commit()
say(texts(photo.remarks), map(session:scalars(select(Remark):order_by(Remark.id)),
  function(r) return inspect(r.parent).class_.__name__ end))
photo.remarks:append(Remark{ text = "late" })
session:commit()
say(texts(photo.remarks), session:scalars(select(Remark):where(Remark.text:eq("fast"))):one().parent == v)
say(session:scalars(select(Photo.title):where(Photo.thread:has(Thread.remarks:any{ text = "late" }))):all())
say(session:execute(select(Photo.title, func.count(Remark.id)):join(Photo.thread):join(threads.Photo.remarks)
  :group_by(Photo.title)):all())
session:expunge_all()
photo = session:scalars(select(Photo):options(am.joinedload(Photo.thread):selectinload(Thread.remarks))):one()
sql()
say(texts(photo.remarks))
photo.remarks:remove(photo.remarks[1])
session:commit()
say(session:execute(select(Remark.text, Remark.thread_id):order_by(Remark.id)):all())
step "stars"
local song, band = Song{ name = "la", stars = { Star{ points = 3 }, Star{ points = 5 } } },
  Band{ name = "fab", stars = { Star{ points = 1 } } }
session:add(song)
session:flush()
session:add(band)
session:commit()
say(map(session:scalars(select(Star):order_by(Star.id)),
  function(s) return { s.points, s.owner_type, s:owner().name } end))
song.stars:append(Star{ points = 2 })
say(song.stars[3].owner_type, song.stars[3].owner_song == song)
session:commit()
say(session:scalars(select(Song.name):where(Song.stars:any(Star.points:gt(4)))):all())
say(session:execute(select(Band.name, func.sum(Star.points)):join(Band.stars):group_by(Band.name)):all())
say(session:scalars(select(Star.points):where(Star.owner_song:has{ name = "la" }):order_by(Star.id)):all())
session:expunge_all()
for _, each in ipairs{ Song, Band } do
  local found = session:scalars(select(each):options(am.selectinload(each.stars))):one()
  say(map(found.stars, function(s) return s.points end))
end
session:delete(session:get(Song, 1))
session:commit()
say(session:execute(select(Star.points, Star.owner_id, Star.owner_type):order_by(Star.id)):all())
sql()
