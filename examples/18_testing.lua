-- Testing: a session whose commits are undone, statements counted and compared, factories.
local am = require "alchemoon"
local testing = am.testing

local Base = am.declarative_base()
local User = Base:model("User", { __tablename__ = "users",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)), age = am.Column(am.Integer) })
local engine = am.create_engine "sqlite:///test.db"
Base.metadata:create_all(engine)

-- The program under test has a factory of its own.
local Session = am.sessionmaker(engine)
local function birthday(name)
  Session:begin(function(session)
    local user = session:scalars(am.select(User):where(User.name:eq(name))):one()
    user.age = user.age + 1
  end)
end

local make_user = testing.factory(User, { name = testing.sequence "user%d", age = 30 })

-- In busted: before_each(function() box = testing.sandbox(…) end), after_each(function() box:close() end).
testing.sandbox(engine, { factories = { Session } }, function(box)
  local session = box:session()
  make_user:create(session, { name = "Ann" })
  make_user:create(session, 3)
  session:commit()

  testing.assert_statement_count(engine, 2, function() birthday "Ann" end)
  session:expire_all()
  print(session:scalars(am.select(User):order_by(User.id)):first().age)
  print(table.concat(session:scalars(am.select(User.name):order_by(User.id)):all(), ","))

  testing.assert_executed(engine, function() birthday "user1" end, { "SELECT users.id, ...",
    "UPDATE users SET age=? WHERE users.id = ?" })
  print(select(2, pcall(testing.assert_statement_count, engine, 1, function() birthday "user2" end)))
end)

am.Session(engine, function(session) -- nothing of it is there
  print(session:scalar(am.select(am.func.count(User.id))))
end)
--> 31
--> Ann,user1,user2,user3
--> expected 1 statement(s), got 2:
-->   1: SELECT users.id, users.name, users.age FROM users WHERE users.name = ?
-->   2: UPDATE users SET age=? WHERE users.id = ?
--> 0
