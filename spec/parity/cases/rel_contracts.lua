-- Cascades one by one, backrefs that do not cascade, parents that are replaced in bulk, and sets of pending orphans.
local am = require "alchemoon"
local p = require "parity"
local say, step, select = p.say, p.step, am.select
local Column, String, Integer, ForeignKey = am.Column, am.String, am.Integer, am.ForeignKey

local Base = am.declarative_base()

local Firm = Base:model("Firm", {
  __tablename__ = "firm",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  deals = am.relationship("Deal", { back_populates = "firm", cascade = "save-update, merge, delete",
    order_by = "Deal.id" }),
  notes = am.relationship("Note", { cascade = "all, delete-orphan", order_by = "Note.id" }),
  staff = am.relationship("Person", { cascade = "", backref = "firm", order_by = "Person.id" }),
})

local Deal = Base:model("Deal", {
  __tablename__ = "deal",
  id = Column(Integer, { primary_key = true }),
  title = Column(String(20)),
  firm_id = Column(ForeignKey "firm.id"),
  firm = am.relationship(Firm, { back_populates = "deals" }),
  lines = am.relationship("Line", { back_populates = "deal", cascade = "all, delete-orphan", order_by = "Line.id" }),
})

local Line = Base:model("Line", {
  __tablename__ = "line",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  deal_id = Column(ForeignKey "deal.id", { nullable = false }),
  deal = am.relationship(Deal, { back_populates = "lines" }),
})

local Note = Base:model("Note", {
  __tablename__ = "note",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  firm_id = Column(ForeignKey "firm.id"),
})

local Person = Base:model("Person", {
  __tablename__ = "person",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
  firm_id = Column(ForeignKey "firm.id"),
})

local e = p.engine()
Base.metadata:create_all(e)
p.forget()

local function kept(s, ...)
  return p.map({ ... }, function(o) return s:contains(o) end)
end
local function texts(items) return p.map(items, function(x) return x.text end) end
local function titles(items) return p.map(items, function(x) return x.title end) end
local function count(s, column) return s:scalar(select(am.func.count(column))) end

am.Session(e, function(s)
  local firm = Firm { name = "Acme" }
  local deal = Deal { title = "d1", lines = { Line { text = "l1" }, Line { text = "l2" } } }
  local ann = Person { name = "Ann" }
  firm.deals:append(deal)
  firm.staff:append(ann)
  s:add(firm)
  say(kept(s, firm, deal, deal.lines[1], ann), ann.firm == firm)
  s:add(ann)
  s:commit()
  step "backref does not cascade"
  local late = Deal { title = "late" }
  late.firm = firm
  say(s:contains(late), firm.deals:contains(late))
  s:add(late)
  s:commit()
  say(titles(firm.deals))
  step "pending orphans"
  local n = Note { text = "n1" }
  firm.notes:append(n)
  say(s.new:contains(n))
  firm.notes:remove(n)
  say(s.new:contains(n), am.inspect(n).transient)
  firm.notes = { Note { text = "n2" }, Note { text = "n3" } }
  s:flush()
  local keep = firm.notes[2]
  firm.notes = { keep, Note { text = "n4" } }
  s:flush()
  say(texts(firm.notes), s:scalars(select(Note.text):order_by(Note.id)):all())
  s:commit()
  step "removing does not delete without delete-orphan"
  firm.deals:remove(late)
  s:flush()
  say(s:contains(late), late.firm_id, late.firm)
  firm.deals:append(late)
  s:commit()
  step "lines move between deals"
  local line = deal.lines[1]
  late.lines:append(line)
  say(line.deal == late, deal.lines:contains(line))
  s:flush()
  say(am.inspect(line).persistent, line.deal_id == late.id)
  deal.lines:remove(deal.lines[1])
  s:commit()
  say(s:execute(select(Line.text, Line.deal_id):order_by(Line.id)):all())
  step "swap collections"
  local ours = p.collect(deal.lines, function(x) return x end)
  local theirs = p.collect(late.lines, function(x) return x end)
  deal.lines = theirs
  late.lines = ours
  s:commit()
  say(texts(deal.lines), texts(late.lines))
  step "expunge cascades where it is asked for"
  say(#firm.deals, #firm.notes, #firm.staff)
  s:expunge(firm)
  say(kept(s, firm, deal, firm.notes[1], ann))
  s:add(firm)
  say(kept(s, firm, deal, firm.notes[1], ann))
  step "refresh-expire"
  firm.notes[1].text = "changed"
  firm.deals[1].title = "changed"
  s:refresh(firm)
  say(firm.notes[1].text, firm.deals[1].title)
  s:rollback()
  step "merge cascades"
  local copy = s:merge(Firm { id = firm.id, name = "Acme 2", deals = { Deal { id = deal.id, title = "m" } },
    staff = { Person { id = ann.id, name = "x" } } })
  say(copy == firm, titles(firm.deals), p.map(firm.staff, function(x) return x.name end))
  s:rollback()
  step "delete"
  s:delete(firm)
  say(kept(s.deleted, deal, ann), #s.deleted)
  s:flush()
  say(am.inspect(deal).deleted, ann.firm_id)
  s:commit()
  say(count(s, Deal.id), count(s, Note.id), count(s, Line.id))
  step "delete and add again"
  local other = Firm { name = "Beta", deals = { Deal { title = "d9" } } }
  s:add(other)
  s:flush()
  s:delete(other)
  s:add(other)
  say(s.deleted:contains(other), s.deleted:contains(other.deals[1]))
  s:commit()
  say(s:scalars(select(Firm.name)):all(), s:scalars(select(Deal.title)):all())
end)
p.sql()
