-- A schema in Lua: constraints, indexes, DDL text, and reading it back from the database.
local am = require "alchemoon"

local metadata = am.MetaData {
  naming_convention = { ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_name)s" },
}
local users = am.Table("users", metadata,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("email", am.String(100), { unique = true, nullable = false }),
  am.Column("status", am.Enum("new", "active", { name = "user_status" }), { server_default = "new" }),
  am.Column("created_at", am.DateTime, { server_default = am.func.now(), index = true }),
  am.CheckConstraint("length(email) > 3", { name = "ck_email" }))
am.Table("notes", metadata,
  am.Column("id", am.Integer, { primary_key = true }),
  am.Column("user_id", am.ForeignKey("users.id", { ondelete = "CASCADE" }), { nullable = false }),
  am.Column("tags", am.JSON))

print((tostring(am.CreateTable(users):compile { dialect = "postgresql" }):gsub("^%s+", ""):gsub("%s+$", "")))
--> CREATE TABLE users (
--> 	id SERIAL NOT NULL,
--> 	email VARCHAR(100) NOT NULL,
--> 	status user_status DEFAULT 'new',
--> 	created_at TIMESTAMP WITHOUT TIME ZONE DEFAULT now(),
--> 	PRIMARY KEY (id),
--> 	CONSTRAINT ck_email CHECK (length(email) > 3),
--> 	CONSTRAINT uq_users_email UNIQUE (email)
--> )

local engine = am.create_engine("sqlite://")
metadata:create_all(engine)

local inspector = am.inspect(engine)
print(table.concat(inspector:get_table_names(), ", "))      --> notes, users
for _, column in ipairs(inspector:get_columns("users")) do
  print(column.name, tostring(column.type), column.nullable)
end
--> id	INTEGER	false
--> email	VARCHAR(100)	false
--> status	VARCHAR(6)	true
--> created_at	DATETIME	true
print(inspector:get_foreign_keys("notes")[1].referred_table) --> users
print(inspector:get_indexes("users")[1].name)               --> ix_users_created_at

local read = am.MetaData()
read:reflect(engine)
print(read.tables.notes.c.user_id.type, #read.sorted_tables) --> INTEGER	2
