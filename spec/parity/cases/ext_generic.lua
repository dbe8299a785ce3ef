-- Generic associations: an address for anybody, by table per parent, by discriminator and by a generic foreign key.
local am = require "alchemoon"
local p = require "parity"
local say, step = p.say, p.step
local Column, Integer, String, ForeignKey, select = am.Column, am.Integer, am.String, am.ForeignKey, am.select

local Base = am.declarative_base()
local notes_of = {}
local HasNotes = {
  notes = am.declared_attr(function(cls)
    local Note = Base:model(cls.__name__ .. "Note", {
      __tablename__ = cls.__tablename__ .. "_note",
      id = Column(Integer, { primary_key = true }),
      text = Column(String(20)),
      parent_id = Column(ForeignKey(cls.__tablename__ .. ".id")),
    })
    notes_of[cls.__name__] = Note
    return am.relationship(Note, { order_by = Note.id, cascade = "all, delete-orphan" })
  end),
}
local Collection = Base:model("Collection", {
  __tablename__ = "collection",
  id = Column(Integer, { primary_key = true }),
  owner_kind = Column(String(20)),
  addresses = am.relationship("Address", { order_by = "Address.id", back_populates = "collection" }),
  __mapper_args__ = { polymorphic_on = "owner_kind" },
})
local Address = Base:model("Address", {
  __tablename__ = "address",
  id = Column(Integer, { primary_key = true }),
  street = Column(String(20)),
  collection_id = Column(ForeignKey("collection.id")),
  collection = am.relationship("Collection", { back_populates = "addresses" }),
  parent = am.association_proxy("collection", "parent"),
})
local parts = {}
local HasAddresses = {
  collection_id = am.declared_attr(function() return Column(ForeignKey("collection.id")) end),
  collection = am.declared_attr(function(cls)
    local part = Base:model(cls.__name__ .. "Collection", { __extends__ = Collection,
      __mapper_args__ = { polymorphic_identity = cls.__name__:lower() } })
    parts[cls.__name__] = part
    return am.relationship(part, { backref = am.backref("parent", { uselist = false }) })
  end),
  addresses = am.declared_attr(function(cls)
    local name = cls.__name__
    return am.association_proxy("collection", "addresses",
      { creator = function(addresses) return parts[name]{ addresses = addresses } end })
  end),
}
local Customer = Base:model("Customer", {
  __mixins__ = { HasNotes, HasAddresses },
  __tablename__ = "customer",
  id = Column(Integer, { primary_key = true }),
  name = Column(String(20)),
})
local Supplier = Base:model("Supplier", {
  __mixins__ = { HasNotes, HasAddresses },
  __tablename__ = "supplier",
  id = Column(Integer, { primary_key = true }),
  company = Column(String(20)),
})
local Comment = Base:model("Comment", {
  __tablename__ = "comment",
  id = Column(Integer, { primary_key = true }),
  text = Column(String(20)),
  kind = Column(String(20)),
  parent_id = Column(Integer),
})
for _, cls in ipairs { Customer, Supplier } do
  local kind = cls.__name__:lower()
  cls.comments = am.relationship(Comment, {
    primaryjoin = am.and_(cls.id:eq(am.foreign(am.remote(Comment.parent_id))), Comment.kind:eq(kind)),
    order_by = Comment.id,
    backref = am.backref(kind .. "_parent",
      { primaryjoin = am.remote(cls.id):eq(am.foreign(Comment.parent_id)), overlaps = "comments" }),
    overlaps = "comments,customer_parent,supplier_parent" })
  am.event.listen(cls.comments, "append", function(_, value) value.kind = kind end)
end
local function map(list, name)
  local out = { n = 0 }
  for i, x in ipairs(list) do out[i], out.n = x[name], i end
  return out
end

local e = p.engine()
Base.metadata:create_all(e)
p.forget()
local tables = map(Base.metadata.sorted_tables, "name")
table.sort(tables)
say(tables)
local s = am.Session(e)
step "write"
local CustomerNote, SupplierNote = notes_of.Customer, notes_of.Supplier
local c = Customer{ name = "c", notes = { CustomerNote{ text = "n1" }, CustomerNote{ text = "n2" } },
  addresses = { Address{ street = "a" }, Address{ street = "b" } } }
local v = Supplier{ company = "v", notes = { SupplierNote{ text = "n3" } }, addresses = { Address{ street = "c" } } }
s:add(c)
s:flush()
p.sql()
s:add(v)
s:flush()
p.sql()
c.comments:append(Comment{ text = "good" })
v.comments:append(Comment{ text = "bad" })
s:commit()
p.sql()
step "read"
say(map(c.notes, "text"), map(c.addresses, "street"), map(c.comments, "text"))
p.sql()
for a in s:scalars(select(Address):order_by(Address.id)) do say(a.street, a.parent, a.collection) end
p.sql()
local x = s:scalars(select(Comment):where(Comment.kind:eq("supplier"))):one()
say(x.supplier_parent.company, x.text)
p.sql()
step "queries"
say(s:scalars(select(Customer.name):where(Customer.notes:any{ text = "n2" })):all())
p.sql()
say(s:scalars(select(Supplier.company):where(Supplier.comments:any(Comment.text:eq("bad")))):all())
p.sql()
say(s:scalars(select(Customer.name):join(Customer.collection):join(Collection.addresses)
  :where(Address.street:eq("b"))):all())
p.sql()
step "change"
c.addresses:append(Address{ street = "d" })
c.notes:pop(1)
s:commit()
p.sql()
say(map(c.addresses, "street"), map(c.notes, "text"))
s:delete(v)
p.forget()
s:flush()
p.sql()
