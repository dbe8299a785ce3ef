-- Soft delete: deleted rows get a date, and no query sees them unless it asks to.
local am = require "alchemoon"

local Base = am.declarative_base()
local SoftDelete = { deleted_at = am.Column(am.DateTime) } -- the mixin
local User = Base:model("User", { __tablename__ = "users", __mixins__ = { SoftDelete },
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)),
  posts = am.relationship("Post", { back_populates = "author" }) })
local Post = Base:model("Post", { __tablename__ = "posts", __mixins__ = { SoftDelete },
  id = am.Column(am.Integer, { primary_key = true }), title = am.Column(am.String(20)),
  author_id = am.Column(am.ForeignKey("users.id")), author = am.relationship("User", { back_populates = "posts" }) })

local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
local Session = am.sessionmaker(engine)

-- Every SELECT of these classes gets the condition, lazy and eager loads included.
am.event.listen(Session, "do_orm_execute", function(context)
  if context.is_select and not context.is_column_load and not context.execution_options.include_deleted then
    local stmt = context.statement
    for _, class in ipairs{ User, Post } do
      stmt = stmt:options(am.with_loader_criteria(class, function(cls) return cls.deleted_at:is_(nil) end,
        { include_aliases = true }))
    end
    context.statement = stmt
  end
end)

-- session:delete() becomes an UPDATE.
am.event.listen(Session, "before_flush", function(session)
  for _, obj in ipairs(session.deleted) do
    if obj.__mapper__.columns.deleted_at then
      session:add(obj) -- not deleted after all
      obj.deleted_at = am.datetime(2026, 11, 21)
    end
  end
end)

Session(function(session)
  session:add_all{ User{ name = "Ann", posts = { Post{ title = "one" }, Post{ title = "two" } } },
    User{ name = "Bob" } }
  session:commit()
  session:delete(session:get(Post, 1))
  session:delete(session:get(User, 2))
  session:commit()
  session:expunge_all()

  local ann = session:scalars(am.select(User)):one()
  print(ann.name, #ann.posts, ann.posts[1].title)
  print(session:scalar(am.select(am.func.count()):select_from(Post)))
  session:expunge_all()
  local everybody = session:scalars(am.select(User):execution_options{ include_deleted = true }):all()
  print(#everybody, everybody[2].name, everybody[2].deleted_at:date())
end)
--> Ann	1	two
--> 1
--> 2	Bob	2026-11-21
