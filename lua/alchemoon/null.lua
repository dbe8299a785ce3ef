--- am.null: NULL where a table cannot hold nil. The NULL light userdata, as in cjson and ngx.
return require("cjson").null
