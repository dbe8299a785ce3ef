--- Labels: names for expressions, and references to them from ORDER BY and GROUP BY.
local core = require "alchemoon.core"
local class = require "alchemoon.sql.class"
local elements = require "alchemoon.sql.elements"

local node_get = core.node_get

local label = {}

local field = class.field

label.Label = class.define("Label", {
  tags = { "LABEL" }, parent = elements.ColumnElement,
  properties = {
    name = field "name", key = field "name", element = field "element",
    primary_key = function(self) return node_get(self, "element").primary_key end,
    foreign_keys = function(self) return node_get(self, "element").foreign_keys end,
  },
})

label.LabelReference = class.define("LabelReference", {
  tags = { "LABEL_REFERENCE" }, parent = elements.ColumnElement,
  properties = { name = field "name", element = field "element" },
})

return label
