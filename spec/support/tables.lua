--- Tables that specs of statements share.
local am = require "alchemoon"

local tables = {}

tables.table1 = am.table("mytable", am.column("myid", am.Integer), am.column("name", am.String),
  am.column("description", am.String))
tables.table2 = am.table("myothertable", am.column("otherid", am.Integer), am.column("othername", am.String))
tables.table3 = am.table("thirdtable", am.column("userid", am.Integer), am.column("otherstuff", am.String))
tables.table4 = am.table("remotetable", am.column("rem_id", am.Integer), am.column("datatype_id", am.Integer),
  am.column("value", am.String), { schema = "remote_owner" })
tables.users = am.table("users", am.column("user_id"), am.column("user_name"), am.column("password"))
tables.addresses = am.table("addresses", am.column("address_id"), am.column("user_id"), am.column("street"),
  am.column("city"), am.column("state"), am.column("zip"))

tables.products = am.table("products", am.column("id"), am.column("price"))
tables.products_log = am.table("products_log", am.column("id"), am.column("price"))
tables.pct = am.table("table%name", am.column("percent%"), am.column("%(oneofthese)s"),
  am.column("spaces % more spaces"))
tables.vtbl = am.table("values", am.column("id", am.Integer), am.column("val1", am.Float), am.column("val2", am.Float))

local metadata = am.MetaData()
tables.metadata = metadata
tables.keyed = am.Table("keyed", metadata, am.Column("x", am.Integer, { key = "colx" }),
  am.Column("y", am.Integer, { key = "coly" }), am.Column("z", am.Integer))
tables.parent = am.Table("parent", metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("data", am.String(50)))
tables.child = am.Table("child", metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("parent_id", am.ForeignKey("parent.id")), am.Column("flag", am.Boolean))
tables.grand = am.Table("grand", metadata, am.Column("id", am.Integer, { primary_key = true }),
  am.Column("child_id", am.ForeignKey("child.id")), am.Column("p2", am.ForeignKey("parent.id")))

return tables
