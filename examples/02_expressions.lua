-- Expressions are values: they print as SQL, for every database, with their parameters.
local am = require "alchemoon"

local t = am.table("items", am.column("id", am.Integer), am.column("name", am.String), am.column("price", am.Numeric))

print(t.c.price * 2 + 1)                                    --> items.price * :price_1 + :param_1
print(t.c.name .. "!")                                      --> items.name || :name_1
print(am.or_(t.c.id:eq(1), t.c.name:like("a%")))            --> items.id = :id_1 OR items.name LIKE :name_1
print(am.not_(t.c.id:in_ { 1, 2 }))                         --> (items.id NOT IN (__[POSTCOMPILE_id_1]))
print(t.c.name:is_(nil))                                    --> items.name IS NULL

local cheap = am.case({ t.c.price:lt(10), "cheap" }, { else_ = "dear" })
local stmt = am.select(t.c.id, cheap:label("kind")):where(t.c.name:ilike("%x%")):limit(3)

local compiled = stmt:compile { dialect = "postgresql" }
print(compiled.sql)
--> SELECT items.id, CASE WHEN (items.price < $1) THEN $2 ELSE $3 END AS kind
--> FROM items
--> WHERE items.name ILIKE $4
-->  LIMIT $5
print(compiled.params.price_1, compiled.params.param_1, compiled.params.name_1)
--> 10	cheap	%x%

print(stmt:compile { dialect = "sqlite", literal_binds = true }.sql)
--> SELECT items.id, CASE WHEN (items.price < 10) THEN 'cheap' ELSE 'dear' END AS kind
--> FROM items
--> WHERE lower(items.name) LIKE lower('%x%')
-->  LIMIT 3 OFFSET 0

local rank = am.func.row_number():over { order_by = t.c.price:desc() }
local ranked = am.select(t.c.name, rank:label("rank")):cte("ranked")
print(am.select(ranked.c.name):where(ranked.c.rank:le(3)))
--> WITH ranked AS
--> (SELECT items.name AS name, row_number() OVER (ORDER BY items.price DESC) AS rank
--> FROM items)
-->  SELECT ranked.name
--> FROM ranked
--> WHERE ranked.rank <= :rank_1

local ok, e = pcall(function() return am.select(t):where(t.c.id == 1) end)
print(ok, e.name)                                           --> false	ArgumentError
