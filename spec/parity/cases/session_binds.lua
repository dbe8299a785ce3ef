-- Sessions over two databases: binds by class and table, get_bind, bind arguments, commits over both.
local am = require "alchemoon"
local p = require "parity"
local say, step, error_of = p.say, p.step, p.error

local Base = am.declarative_base()
local Stored = Base:model("Stored", { __abstract__ = true })
local Customer = Base:model("Customer", {
  __tablename__ = "customer",
  id = am.Column(am.Integer, { primary_key = true }),
  name = am.Column(am.String(50)),
})
local Event = Base:model("Event", {
  __extends__ = Stored,
  __tablename__ = "event",
  id = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(50)),
})
local Audit = Base:model("Audit", {
  __extends__ = Stored,
  __tablename__ = "audit",
  id = am.Column(am.Integer, { primary_key = true }),
  what = am.Column(am.String(50)),
})
local plain = am.Table("plain", am.MetaData(), am.Column("id", am.Integer, { primary_key = true }))

local main = p.engine()
local side = p.engine(nil, "sqlite://")
local names = { [main] = "main", [side] = "side" }
local select, text = am.select, am.text
Base.metadata:create_all(main)
Base.metadata:create_all(side)
plain:create(side)
p.forget()

step "binds by class, abstract base and table"
local session = am.Session{ bind = main, binds = { [Stored] = side, [plain] = side } }
say(names[session:get_bind(Customer)], names[session:get_bind(Event)], names[session:get_bind(Audit)])
say(names[session:get_bind{ clause = select(plain) }], names[session:get_bind{ clause = Event.__table__:select() }])
say(names[session:get_bind()], names[session:get_bind{ mapper = am.inspect(Event) }])
session:add_all{ Customer{ id = 1, name = "c" }, Event{ id = 1, what = "e" }, Audit{ id = 1, what = "a" } }
session:flush()
p.sql()
session:commit()
say(session:scalar(select(am.func.count()):select_from(Event)))
say(session:execute(select(plain)):all())
say(session:connection{ bind_arguments = { mapper = Event } }.engine == side, session:connection().engine == main)
session:close()
for _, engine in ipairs { main, side } do
  engine:connect(function(conn)
    say(conn:scalar(text("select count(*) from customer")), conn:scalar(text("select count(*) from event")))
  end)
end

step "bind arguments"
p.forget()
local count = text("select count(*) from event")
say(session:scalar(count, nil, { bind_arguments = { bind = side } }))
say(session:scalar(count, nil, { bind_arguments = { mapper = Customer } }))
say(session:execute(text("select count(*) from audit"), nil, { bind_arguments = { clause = Event.__table__ } })
  :scalar())
session:rollback()

step "bind_mapper and bind_table afterwards"
session = am.Session()
error_of(function() session:get_bind(Customer) end)
error_of(function() session:scalar(text("select 1")) end)
error_of(function() session:connection() end)
session:bind_mapper(Customer, main)
session:bind_table(Event.__table__, side)
say(names[session:get_bind(Customer)], names[session:get_bind(Event)])
error_of(function() session:get_bind(Audit) end)
session:add(Audit{ what = "nowhere" })
error_of(function() session:flush() end)
session:rollback()
session:close()

step "a failure rolls both back"
p.forget()
session = am.Session{ binds = { [Customer] = main, [Event] = side } }
session:add_all{ Customer{ id = 2, name = "d" }, Event{ id = 1, what = "again" } }
error_of(function() session:commit() end)
session:rollback()
say(session:scalars(select(Customer.id)):all(), session:scalars(select(Event.id)):all())
session:close()

step "savepoints on both"
local factory = am.sessionmaker{ binds = { [Customer] = main, [Stored] = side } }
factory:begin(function(s) s:add_all{ Event{ id = 3, what = "r" }, Customer{ id = 3, name = "r" } } end)
factory(function(s)
  say(s:get(Event, 3).what, s:get(Customer, 3).name, s:get(Customer, 1).name, s.bind == nil)
end)
factory(function(s)
  local event, customer = s:get(Event, 3), s:get(Customer, 3)
  event.what, customer.name = "s", "s"
  local nested = s:begin_nested()
  event.what, customer.name = "t", "t"
  s:flush()
  nested:rollback()
  say(event.what, customer.name)
  s:commit()
end)
p.sql()
