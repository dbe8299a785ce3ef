-- Correlation at depth: any and has inside each other, on aliases, on itself, in columns, in DML.
local am = require "alchemoon"
local parity = require "parity"
local say, step, map = parity.say, parity.step, parity.map

local Base = am.declarative_base()

local Dir = Base:model("Dir", {
  __tablename__ = "dirs",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  up_id = am.Column(am.ForeignKey("dirs.id")),
  up = am.relationship("Dir", { remote_side = "Dir.id", back_populates = "subs" }),
  subs = am.relationship("Dir", { back_populates = "up", order_by = "Dir.id" }),
  files = am.relationship("File", { back_populates = "dir", order_by = "File.id" }),
})

local File = Base:model("File", {
  __tablename__ = "files",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(30)),
  size = am.Column(am.Integer),
  dir_id = am.Column(am.ForeignKey("dirs.id")),
  dir = am.relationship("Dir", { back_populates = "files" }),
})

local e = parity.engine()
Base.metadata:create_all(e)
am.Session(e, function(s)
  s:add(
    Dir{
      id = 1,
      name = "root",
      files = { File{ id = 1, name = "a", size = 1 } },
      subs = {
        Dir{
          id = 2,
          name = "bin",
          files = { File{ id = 2, name = "b", size = 20 }, File{ id = 3, name = "c", size = 30 } }
        },
        Dir{
          id = 3,
          name = "etc",
          subs = { Dir{ id = 4, name = "ssh", files = { File{ id = 4, name = "key", size = 4 } } } }
        }
      }
    }
  )
  s:commit()
end)
parity.forget()
local s = am.Session(e)

local function dirs(...)
  say(map(s:scalars(am.select(Dir):where(...):order_by(Dir.id)), function(d) return d.name end))
end

step "nested"
dirs(Dir.subs:any(Dir.files:any{ name = "key" }))
dirs(Dir.subs:any(Dir.subs:any()))
dirs(Dir.up:has(Dir.up:has{ name = "root" }))
dirs(Dir.files:any(File.dir:has{ name = "bin" }))
dirs(am.and_(Dir.files:any(File.size:gt(10)), am.not_(Dir.files:any(File.size:gt(100)))))
dirs(am.or_(am.not_(Dir.files:any()), Dir.up:eq(nil)))
dirs(am.not_(am.or_(Dir.subs:any(), Dir.files:any(File.size:lt(10)))))
step "aliases"
local sub, other = am.aliased(Dir, { name = "sub" }), am.aliased(Dir)
dirs(Dir.subs:of_type(sub):any(sub.name:like("s%")))
dirs(Dir.subs:of_type(sub):any(sub.files:any(File.size:eq(20))))
say(
  s
    :execute(am.select(Dir.name, sub.name):join(Dir.subs:of_type(sub)):where(sub.files:any()):order_by(sub.id))
    :all()
)
say(s:execute(am.select(other.name):where(other.up:has(Dir.name:eq("etc")))):all())
say(s:execute(am.select(sub.name):where(sub.up:of_type(other):has(other.name:eq("root"))):order_by(sub.id)):all())
step "exists by hand"
dirs(am.exists():where(File.dir_id:eq(Dir.id), File.size:gt(am.func.length(Dir.name))))
dirs(
  am.select(File.id)
    :where(File.dir_id:eq(Dir.id))
    :where(File.size:eq(am.select(am.func.max(File.size)):scalar_subquery()))
    :exists()
)
dirs(am.exists(am.select(sub.id):where(sub.up_id:eq(Dir.id))))
dirs(am.not_(am.exists(am.select(sub.id):where(sub.up_id:eq(Dir.id)))), Dir.up_id:is_not(nil))
step "in columns"
local full, same = Dir.files:any():label("full"), am.exists():where(File.dir_id:eq(Dir.id)):label("same")
say(s:execute(am.select(Dir.name, full, same):order_by(Dir.id)):all())
local biggest = am.select(File.name)
  :where(File.dir_id:eq(Dir.id))
  :order_by(File.size:desc())
  :limit(1)
  :scalar_subquery()
say(s:execute(am.select(Dir.name, biggest:label("biggest")):order_by(Dir.id)):all())
local count = am.select(am.func.count(File.id)):where(File.dir_id:eq(Dir.id)):scalar_subquery()
say(s:execute(am.select(Dir.name):where(count:ge(1)):order_by(count:desc(), Dir.id)):all())
say(
  s
    :execute(
      am.select(
        am.func.sum(am.select(am.func.sum(File.size))
            :where(File.dir_id:eq(Dir.id))
            :correlate(Dir)
            :scalar_subquery())
      )
    )
    :all()
)
step "levels of correlation"
local inner = am.select(File.size):where(File.dir_id:eq(Dir.id)):correlate(Dir):scalar_subquery()
say(tostring(am.select(Dir.name):where(am.exists():where(sub.up_id:eq(Dir.id), sub.id:gt(inner)))))
say(
  tostring(am.select(Dir.name):where(
    am.select(sub.id)
      :where(sub.up_id:eq(Dir.id), sub.id:in_(am.select(File.dir_id):where(File.name:eq(sub.name))))
      :exists()
  ))
)
say(tostring(am.select(File.name):where(File.dir:has(Dir.subs:any(Dir.name:eq(File.name))))))
step "with_parent"
local root = s:get(Dir, 1)
dirs(am.with_parent(root, Dir.subs))
dirs(am.with_parent(root, Dir.subs), Dir.files:any())
say(map(s:scalars(am.select(File):where(am.with_parent(root, Dir.files))), function(f) return f.name end))
say(map(s:scalars(am.select(Dir):where(am.with_parent(root.subs[2].subs[1], Dir.up))), function(d) return d.name end))
step "the object as a value"
dirs(Dir.up:eq(root))
dirs(Dir.up:ne(root))
dirs(Dir.subs:contains(s:get(Dir, 4)))
dirs(am.not_(Dir.subs:contains(s:get(Dir, 4))))
say(
  map(
    s:scalars(am.select(File):join(File.dir):where(Dir.up:eq(root)):order_by(File.id)),
    function(f) return f.name end
  )
)
step "in update and delete"
s:execute(am.update(File):where(File.dir:has{ name = "bin" }):values{ size = File.size + 1 })
say(s:execute(am.select(File.size):order_by(File.id)):all())
s:execute(am.update(Dir):where(Dir.files:any(File.size:gt(30))):values{ name = "big" })
say(s:scalars(am.select(Dir.name):order_by(Dir.id)):all())
say(s:execute(am.delete(File):where(am.exists():where(Dir.id:eq(File.dir_id), Dir.name:eq("ssh")))).rowcount)
s:execute(
  am.update(Dir)
    :values{ name = am.select(am.func.max(File.name)):where(File.dir_id:eq(Dir.id)):scalar_subquery() }
    :where(Dir.files:any()),
  nil,
  { execution_options = { synchronize_session = false } }
)
say(s:execute(am.select(Dir.name):order_by(Dir.id)):all())
s:rollback()
step "end"
