-- Row-level tenancy: every statement of a session concerns the rows of its tenant, and new rows belong to it.
local am = require "alchemoon"

local Base = am.declarative_base()
local HasTenant = { tenant = am.Column(am.String(20), { nullable = false, index = true }) }
local Invoice = Base:model("Invoice", { __tablename__ = "invoices", __mixins__ = { HasTenant },
  id = am.Column(am.Integer, { primary_key = true }), amount = am.Column(am.Integer),
  lines = am.relationship("Line", { back_populates = "invoice" }) })
local Line = Base:model("Line", { __tablename__ = "lines", __mixins__ = { HasTenant },
  id = am.Column(am.Integer, { primary_key = true }), text = am.Column(am.String(20)),
  invoice_id = am.Column(am.ForeignKey("invoices.id")),
  invoice = am.relationship("Invoice", { back_populates = "lines" }) })
local TENANT_CLASSES = { Invoice, Line }

local engine = am.create_engine "sqlite://"
Base.metadata:create_all(engine)
local Session = am.sessionmaker(engine)

am.event.listen(Session, "do_orm_execute", function(context)
  local tenant = context.session.info.tenant
  if not tenant then error("a session without a tenant", 0) end
  if context.is_column_load then return end -- the object is the tenant's already
  if context.is_select or context.is_update or context.is_delete then
    local stmt = context.statement
    for _, class in ipairs(TENANT_CLASSES) do
      stmt = stmt:options(am.with_loader_criteria(class, class.tenant:eq(tenant), { include_aliases = true }))
    end
    context.statement = stmt
  end
end)
am.event.listen(Session, "before_flush", function(session)
  for _, obj in ipairs(session.new) do obj.tenant = session.info.tenant end
end)

local function as(tenant, fn) return Session({ info = { tenant = tenant } }, fn) end

for _, tenant in ipairs{ "red", "blue" } do
  as(tenant, function(session)
    session:add(Invoice{ amount = #tenant * 100, lines = { Line{ text = "for " .. tenant } } })
    session:commit()
  end)
end

as("red", function(session)
  local invoice = session:scalars(am.select(Invoice)):one()
  print(invoice.amount, invoice.lines[1].text)
  print(session:get(Invoice, 2)) -- another tenant's
  print(session:execute(am.update(Invoice):values{ amount = 0 }).rowcount)
  session:commit()
end)
as("blue", function(session) print(session:scalar(am.select(am.func.sum(Invoice.amount)))) end)
print(pcall(Session, function(session) return session:execute(am.select(Invoice)) end))
--> 300	for red
--> nil
--> 1
--> 400
--> false	a session without a tenant
