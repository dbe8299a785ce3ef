--- NO_VALUE: what a cache answers when it has nothing. (A cached nil is nil.)
return setmetatable({}, { __name = "NO_VALUE", __tostring = function() return "NO_VALUE" end,
  __newindex = function() error("NO_VALUE cannot be changed", 2) end })
