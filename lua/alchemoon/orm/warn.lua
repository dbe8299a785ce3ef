--- Warnings of the ORM: what SQLAlchemy says with SAWarning goes to the logger "alchemoon.orm".
local logging = require "alchemoon.logging"

---@param format string
return function(format, ...)
  local message = select("#", ...) > 0 and format:format(...) or format
  logging.getLogger("alchemoon.orm"):warning("%s", message)
end
