--- The public names of this room; README.md says what stands where.
local builtin = require "alchemoon.reactor.builtin"

return { reactor = builtin.new }
