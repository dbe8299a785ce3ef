-- Rows that point at each other: post_update both ways, key changes that travel, row switches with children.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local board_id, board_name = Column(Integer, { primary_key = true }), Column(String(20))
local main_id = Column(ForeignKey("chip.id", { use_alter = true, name = "fk_main" }))
local Board = Base:model("Board", {
  __tablename__ = "board",
  id = board_id,
  name = board_name,
  main_id = main_id,
  chips = am.relationship("Chip", { foreign_keys = "Chip.board_id", back_populates = "board", order_by = "Chip.id",
    cascade = "all" }),
  main = am.relationship("Chip", { foreign_keys = main_id, post_update = true }),
})

local chip_id, chip_name = Column(Integer, { primary_key = true }), Column(String(20))
local chip_board, chip_next = Column(ForeignKey "board.id"), Column(ForeignKey "chip.id")
local Chip = Base:model("Chip", {
  __tablename__ = "chip",
  id = chip_id,
  name = chip_name,
  board_id = chip_board,
  next_id = chip_next,
  board = am.relationship(Board, { foreign_keys = chip_board, back_populates = "chips" }),
  next = am.relationship("Chip", { remote_side = chip_id, foreign_keys = chip_next, post_update = true }),
})

local User = Base:model("User", {
  __tablename__ = "user_",
  login = Column(String(10), { primary_key = true }),
  name = Column(String(20)),
  mails = am.relationship("Mail", { back_populates = "user", passive_updates = false, cascade = "all, delete-orphan",
    order_by = "Mail.id" }),
})

local Mail = Base:model("Mail", {
  __tablename__ = "mail",
  id = Column(Integer, { primary_key = true }),
  user_login = Column(ForeignKey "user_.login"),
  user = am.relationship(User, { back_populates = "mails" }),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local function logins(items) return p.map(items, function(m) return m.user_login end) end
am.Session(e, function(s)
  step "each needs the other"
  local a, b = Chip { name = "a" }, Chip { name = "b" }
  local board = Board { name = "m", chips = { a, b }, main = a }
  s:add(board)
  s:commit()
  say(board.main.name, p.map(board.chips, function(c) return c.name end))
  step "a ring of chips"
  a.next = b
  s:flush()
  b.next = a
  s:flush()
  say(a.next.next == a)
  s:commit()
  step "main changes with a delete"
  board.main = b
  s:flush()
  a.next = nil
  b.next = nil
  s:flush()
  s:delete(a)
  s:commit()
  say(p.map(board.chips, function(c) return c.name end), board.main.name)
  step "all goes"
  s:delete(board)
  s:commit()
  say(s:scalar(select(am.func.count(Chip.id))))
  if e.dialect.name == "sqlite" then
    step "keys that travel"
    local ann = User { login = "ann", mails = { Mail(), Mail() } }
    s:add(ann)
    s:commit()
    ann.login = "anna"
    s:flush()
    say(am.inspect(ann).identity, logins(ann.mails))
    s:rollback()
    say(ann.login, logins(ann.mails))
    ann.login = "x"
    ann.login = "ann"
    say(s:is_modified(ann))
    s:commit()
    s:delete(ann)
    s:commit()
  end
  step "row switch with children"
  local one = User { login = "bob", name = "first", mails = { Mail() } }
  s:add(one)
  s:commit()
  p.map(one.mails, function(m) return m.id end)
  s:delete(one)
  local two = User { login = "bob", name = "second", mails = { Mail() } }
  s:add(two)
  s:commit()
  say(am.inspect(one).detached, am.inspect(two).persistent, s:execute(select(User.name)):all(), #two.mails)
  step "merged over a deleted one"
  s:delete(two)
  s:flush()
  local three = s:merge(User { login = "bob", name = "third" })
  say(three == two, s.new:contains(three))
  s:commit()
  say(s:execute(select(User.login, User.name)):all(), s:scalar(select(am.func.count(Mail.id))))
  step "a key that is taken"
  s:add(User { login = "cy" })
  s:flush()
  three.login = "cy"
  p.error(function() s:flush() end)
  s:rollback()
  say(three.login, s:scalars(select(User.login)):all())
  step "no key"
  three.login = nil
  p.error(function() s:flush() end)
  s:rollback()
  step "write by hand beside the relationship"
  local m = Mail { user_login = "bob" }
  s:add(m)
  s:flush()
  say(m.user == three, three.mails:contains(m))
  m.user = nil
  m.user_login = "bob"
  s:flush()
  say(m.user_login, m.user)
  s:commit()
  say(m.user_login, m.user)
end)
p.sql()
