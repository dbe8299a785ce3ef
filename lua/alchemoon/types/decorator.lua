--- TypeDecorator and UserDefinedType: type classes written in Lua.
--
-- The class keeps the author's table as `spec`; a type made by it carries { class =, args =, opts = } as `extra`, so
-- that the hooks get the type as `self`-less functions: process_bind_param(value, dialect, type).
local base = require "alchemoon.types.base"
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local options = require "alchemoon.options"
local usage = require "alchemoon.usage"

local decorator = {}

local DECORATOR = {
  impl = true, name = true, process_bind_param = true, process_result_value = true, process_literal_param = true,
  cache_ok = true, load_dialect_impl = true, coerce_compared_value = true, bind_expression = true,
  column_expression = true, comparator_factory = true, bind_processor = true, result_processor = true,
  literal_processor = true, coerce_to_is_types = true, evaluates_none = true, init = true, sort_key_function = true,
  compare_values = true, should_evaluate_none = true,
}
local USER = {
  name = true, get_col_spec = true, bind_processor = true, result_processor = true, literal_processor = true,
  cache_ok = true, coerce_compared_value = true, bind_expression = true, column_expression = true,
  comparator_factory = true, init = true, process_bind_param = true, process_result_value = true,
  process_literal_param = true, compare_values = true,
}

local operate_hooks = false
--- Has a type been made whose comparator_factory hears of all operators?
function decorator.has_operate_hooks() return operate_hooks end

local function note_hooks(spec)
  local factory = spec and spec.comparator_factory
  if factory and (factory.operate or factory.reverse_operate) then operate_hooks = true end
end

--- `am.TypeDecorator{ impl = am.String, process_bind_param = function(value, dialect) ... end, ... }` → a type class.
-- Arguments of a call of the class go to the constructor of `impl`.
---@param spec table
---@return table
function decorator.TypeDecorator(spec)
  options.check("TypeDecorator", spec, DECORATOR)
  if spec == nil or spec.impl == nil then
    exc.raise("ArgumentError", "TypeDecorator implementations require a class-level variable 'impl' "
      .. "which refers to the class of type being decorated")
  end
  note_hooks(spec)
  return base.custom_class {
    name = spec.name or "TypeDecorator", spec = spec, decorator = true,
    construct = function(cls, ...)
      local item
      local count = select("#", ...)
      if spec.init then item = spec.init(...)
      elseif base.is_class(spec.impl) and count > 0 then item = spec.impl(...) end
      item = base.coerce(item or spec.impl)
      local args, opts = options.split(...)
      local bits = (spec.evaluates_none == true or spec.should_evaluate_none) and base.BITS.evaluate_none or 0
      return core.node(core.tags.TYPE, {
        kind = base.kind_ids.DECORATOR, length = -1, precision = -1, scale = -1, options = bits, item = item,
        extra = { class = cls, args = args, opts = opts or {} },
      })
    end,
  }
end

--- `am.UserDefinedType{ get_col_spec = function(self) return "MONEY" end, ... }` → a type class. `self` is
-- a table with the call's options as fields and its arguments at [1], [2] ...
---@param spec table
---@return table
function decorator.UserDefinedType(spec)
  usage.check_arguments("UserDefinedType", "table", spec)
  options.check("UserDefinedType", spec, USER)
  note_hooks(spec)
  return base.custom_class {
    name = spec.name or "UserDefinedType", spec = spec, user_defined = true,
    construct = function(cls, ...)
      local args, opts = options.split(...)
      local extra = { class = cls, args = args, opts = opts or {} }
      for i = 1, args.n do extra[i] = args[i] end
      for key, value in pairs(opts or {}) do extra[key] = value end
      if spec.init then spec.init(extra, ...) end
      return core.node(core.tags.TYPE, {
        kind = base.kind_ids.USERDEFINED, length = -1, precision = -1, scale = -1, extra = extra,
      })
    end,
  }
end

--- The table of hooks of a decorated or user-defined type, or nil.
---@param node userdata
---@return table? spec
---@return table? extra
function decorator.spec(node)
  local extra = core.node_get(node, "extra")
  local cls = type(extra) == "table" and extra.class
  if cls and cls.spec then return cls.spec, extra end
  return nil, nil
end

return decorator
