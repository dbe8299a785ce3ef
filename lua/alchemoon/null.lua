--- am.null: NULL where a table cannot hold nil. The NULL light userdata, as in cjson and ngx.
local found, cjson = pcall(require, "cjson")
if not found then
  error("alchemoon needs lua-cjson: luarocks install lua-cjson, or the package lua-cjson of your system. " .. cjson, 0)
end
return cjson.null
