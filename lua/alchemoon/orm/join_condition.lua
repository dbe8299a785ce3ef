--- Join conditions: which columns of a relationship are remote, local and foreign, and what follows from it.
--
-- The condition's columns are wrapped in ANNOTATED marks one by one, because in a self-referential condition the same
-- column may stand on both sides. `prop.primaryjoin` is the plain condition, `prop.primaryjoin_annotated` the marked
-- one; `join_condition.on` exchanges its columns for those of aliases.
local core = require "alchemoon.core"
local exc = require "alchemoon.exc"
local columns = require "alchemoon.sql.columns"
local sql = require "alchemoon.orm.sql"
local symbols = require "alchemoon.orm.symbols"
local warn = require "alchemoon.orm.warn"

local join_condition = {}
local tags = core.tags
local enums = core.enums
local ONETOMANY, MANYTOONE, MANYTOMANY = symbols.ONETOMANY, symbols.MANYTOONE, symbols.MANYTOMANY
local REMOTE, FOREIGN, LOCAL = enums.ANNOTATED_REMOTE, enums.ANNOTATED_FOREIGN, enums.ANNOTATED_LOCAL

local has = require("alchemoon.bits").has

-- --- marks ---------------------------------------------------------------------------------------------------------

local function flags_of(node)
  if core.node_tag(node) == tags.ANNOTATED then return core.node_get(node, "flags") end
  return 0
end

local function mark(node, bit)
  local bits = flags_of(node)
  if has(bits, bit) then return node end
  if bits ~= 0 then return core.node_with(node, { flags = bits + bit }, core.node_type(node)) end
  return core.node(tags.ANNOTATED, { element = node, flags = bit }, core.node_type(node))
end

-- Takes a mark away wherever it stands.
local function unmark_columns(tree, bit)
  return sql.replace(tree, function(at)
    local bits = flags_of(at)
    if not has(bits, bit) then return nil end
    if bits == bit then return core.node_get(at, "element") end
    return core.node_with(at, { flags = bits - bit }, core.node_type(at))
  end)
end

-- Marks every column of a tree for which `wanted(column, flags)` holds.
local function mark_columns(tree, bit, wanted)
  return sql.replace(tree, function(at)
    local column = sql.column_of(at)
    if not column or core.node_tag(at) == tags.ORM_ATTR then return nil end
    if not wanted(column, flags_of(at)) then return at end
    return mark(at, bit)
  end)
end

--- am.remote(expr), am.foreign(expr): marks for primaryjoin.
local function annotator(bit)
  --- The expression, marked for a primaryjoin.
  ---@param expression any
  ---@return any
  return function(expression)
    local node = sql.plain(require("alchemoon.sql.coerce").expr(expression))
    return mark_columns(node, bit, function() return true end)
  end
end
join_condition.remote, join_condition.foreign = annotator(REMOTE), annotator(FOREIGN)

--- Calls fn(column, flags) for every column that stands in a tree.
local function each_column(tree, fn)
  local column = sql.column_of(tree)
  if column then return fn(column, flags_of(tree)) end
  for _, child in ipairs(core.node_children(tree)) do each_column(child, fn) end
end

local function any_marked(tree, bit)
  local found = false
  each_column(tree, function(_, bits) found = found or has(bits, bit) end)
  return found
end

-- --- finding the conditions -----------------------------------------------------------------------------------------

local function no_foreign_keys(prop)
  if prop.secondary then
    exc.raise("NoForeignKeysError", "Could not determine join condition between parent/child tables on relationship " ..
      "%s - there are no foreign keys linking these tables via secondary table '%s'.  Ensure that referencing " ..
      "columns are associated with a ForeignKey or ForeignKeyConstraint, or specify 'primaryjoin' and " ..
      "'secondaryjoin' expressions.", tostring(prop), tostring(prop.secondary.name))
  end
  exc.raise("NoForeignKeysError", "Could not determine join condition between parent/child tables on relationship " ..
    "%s - there are no foreign keys linking these tables.  Ensure that referencing columns are associated with a " ..
    "ForeignKey or ForeignKeyConstraint, or specify a 'primaryjoin' expression.", tostring(prop))
end

local function ambiguous_foreign_keys(prop)
  if prop.secondary then
    exc.raise("AmbiguousForeignKeysError", "Could not determine join condition between parent/child tables on " ..
      "relationship %s - there are multiple foreign key paths linking the tables via secondary table '%s'.  Specify " ..
      "the 'foreign_keys' argument, providing a list of those columns which should be counted as containing a " ..
      "foreign key reference from the secondary table to each of the parent and child tables.", tostring(prop),
      tostring(prop.secondary.name))
  end
  exc.raise("AmbiguousForeignKeysError", "Could not determine join condition between parent/child tables on " ..
    "relationship %s - there are multiple foreign key paths linking the tables.  Specify the 'foreign_keys' " ..
    "argument, providing a list of those columns which should be counted as containing a foreign key reference to " ..
    "the parent table.", tostring(prop))
end

local function derive(prop, a, b, subset)
  local ok, found = pcall(sql.join_condition, a, b, subset, prop.consider)
  if ok then return found end
  if exc.is(found, exc.NoForeignKeysError) then no_foreign_keys(prop) end
  if exc.is(found, exc.AmbiguousForeignKeysError) then ambiguous_foreign_keys(prop) end
  error(found, 0)
end

-- Both a list and a set: the order is that of the user, membership is asked often.
local function as_set(list)
  if not list or #list == 0 then return nil end
  local set = {}
  for i, node in ipairs(list) do
    local column = sql.column_of(node)
    if not column then
      exc.raise("ArgumentError", "Column-based expression object expected for argument; got: '%s'", tostring(node))
    end
    set[i], set[column] = column, true
  end
  return set
end

-- What the target is selected from: its table, or the alias that the relationship was given.
local function target_from(prop)
  if prop.target_alias then return core.node_get(prop.target_alias.__entity__, "from") end
  return prop.mapper.persist_selectable
end

-- The conditions as given, else by the foreign keys between the tables.
local function determine(prop)
  local parent, target = prop.parent, prop.mapper
  if prop.secondaryjoin_given and not prop.secondary then
    exc.raise("ArgumentError", "%s", ("Property %s specified with secondary join condition but no secondary argument")
      :format(tostring(prop)))
  end
  local primary, second = prop.primaryjoin_given, prop.secondaryjoin_given
  local far = target_from(prop)
  if prop.secondary then
    second = second or derive(prop, far, prop.secondary, target.local_table)
    primary = primary or derive(prop, parent.persist_selectable, prop.secondary, parent.local_table)
  else
    primary = primary or derive(prop, parent.persist_selectable, far, parent.local_table)
  end
  return sql.plain(primary), second and sql.plain(second) or nil
end

--- Does the column belong to the secondary FROM element (a table, an alias, or one of the tables of a join)?
function join_condition.in_secondary(prop, column)
  if not prop.secondary then return false end
  local from = core.node_get(column, "table")
  return from == prop.secondary or from ~= nil and prop.secondary_tables[from] == true
end
local in_secondary = join_condition.in_secondary

-- --- foreign ---------------------------------------------------------------------------------------------------------

local function which_refers(prop, a, b)
  if sql.refers(a, b) then return a end
  if sql.refers(b, a) then return b end
  if prop.secondary then
    local in_a, in_b = in_secondary(prop, a), in_secondary(prop, b)
    if in_a and not in_b then return a end
    if in_b and not in_a then return b end
  end
  return nil
end

-- Rebuilds every comparison by fn(left, right) → left, right.
local function map_binaries(tree, fn)
  return sql.replace(tree, function(at)
    if core.node_tag(at) ~= tags.BINARY then return nil end
    local left, right = core.node_get(at, "left"), core.node_get(at, "right")
    local new_left, new_right = fn(left, right, at)
    if new_left == left and new_right == right then return nil end
    return core.node_with(at, { left = new_left, right = new_right }, core.node_type(at))
  end)
end

-- Columns that the user names, else those that refer to others by a foreign key.
local function mark_foreign(prop, tree)
  if prop.consider then
    return mark_columns(tree, FOREIGN, function(column) return prop.consider[column] end)
  end
  return map_binaries(tree, function(left, right)
    local a, b = sql.column_of(left), sql.column_of(right)
    if not a or not b or has(flags_of(left), FOREIGN) or has(flags_of(right), FOREIGN) then return left, right end
    local refers = which_refers(prop, a, b)
    if refers == nil then return left, right end
    if refers == a then return mark(left, FOREIGN), right end
    return left, mark(right, FOREIGN)
  end)
end

-- --- remote --------------------------------------------------------------------------------------------------------

local function mark_self_referential(tree, is_remote)
  return map_binaries(tree, function(left, right)
    local a, b = sql.column_of(left), sql.column_of(right)
    if not a or not b then return left, right end
    local same = a == b
    if is_remote(a, flags_of(left)) then left = mark(left, REMOTE) end
    if is_remote(b, flags_of(right)) and not same then right = mark(right, REMOTE) end
    return left, right
  end)
end

-- Self-referential: both sides of a comparison are columns of both tables.
local function refers_to_parent_table(prop)
  local found = false
  local p, t = prop.parent_tables, prop.target_tables
  sql.each_binary(prop.primaryjoin_annotated, function(binary)
    local a, b = sql.column_of(core.node_get(binary, "left")), sql.column_of(core.node_get(binary, "right"))
    if a and b and sql.has_column(p, a) and sql.has_column(p, b) and sql.has_column(t, a) and sql.has_column(t, b) then
      found = true
    end
  end)
  return found
end

local function overlap(prop)
  for _, from in ipairs(prop.parent_tables) do
    if prop.target_tables[from] then return true end
  end
  return false
end

-- Tables that share columns (inheritance): the side of the comparison tells.
local function mark_overlapping(prop, tree)
  local p, t = prop.parent_tables, prop.target_tables
  local function one(left, right)
    local a, b = sql.column_of(left), sql.column_of(right)
    if a and b and sql.has_column(t, b) and sql.has_column(p, a) then right = mark(right, REMOTE) end
    return left, right
  end
  return map_binaries(tree, function(left, right)
    left, right = one(left, right)
    right, left = one(right, left)
    return left, right
  end)
end

-- Marks of the user's win; without any, tables and foreign keys tell which side a column is on.
local function mark_remote(prop)
  local primary, second = prop.primaryjoin_annotated, prop.secondaryjoin_annotated
  prop.remote_annotated = any_marked(primary, REMOTE)
  if prop.remote_annotated then return primary, second end
  local remote_side = prop.remote_side_set
  if prop.secondary then
    local function remote(column) return in_secondary(prop, column) end
    return mark_columns(primary, REMOTE, remote), mark_columns(second, REMOTE, remote)
  elseif remote_side then
    if refers_to_parent_table(prop) then
      return mark_self_referential(primary, function(column) return remote_side[column] end)
    end
    return mark_columns(primary, REMOTE, function(column) return remote_side[column] end)
  elseif refers_to_parent_table(prop) then
    return mark_self_referential(primary, function(_, bits) return has(bits, FOREIGN) end)
  elseif overlap(prop) then
    return mark_overlapping(prop, primary)
  end
  local target, own, child = prop.target_tables, prop.parent_local_tables, prop.target_local_tables
  return mark_columns(primary, REMOTE, function(column)
    return sql.has_column(target, column) and (not sql.has_column(own, column) or sql.has_column(child, column))
  end)
end

-- --- pairs ---------------------------------------------------------------------------------------------------------

local function is_mapped(prop, column)
  if in_secondary(prop, column) then return true end
  return sql.has_column(prop.parent_tables, column) or sql.has_column(prop.target_tables, column)
end

local function add_pair(list, a, b)
  for _, pair in ipairs(list) do
    if pair[1] == a and pair[2] == b then return end
  end
  list[#list + 1] = { a, b }
end

-- Every pair of columns on the two sides of a comparison.
local function each_product(tree, fn)
  local left, right = sql.sides(tree)
  if left then
    each_column(left, function(a, a_bits)
      each_column(right, function(b, b_bits) fn(tree, a, a_bits, b, b_bits) end)
    end)
  end
  for _, child in ipairs(core.node_children(tree)) do each_product(child, fn) end
end

-- What loads compare (local, remote), and what a flush copies (only by `=` and mapped).
local function gather_pairs(prop, tree, sync)
  each_product(tree, function(binary, a, a_bits, b, b_bits)
    if has(b_bits, REMOTE) and not has(a_bits, REMOTE) and is_mapped(prop, a) then
      add_pair(prop.local_remote_pairs, a, b)
    elseif has(a_bits, REMOTE) and not has(b_bits, REMOTE) and is_mapped(prop, b) then
      add_pair(prop.local_remote_pairs, b, a)
    end
    if core.node_tag(binary) == tags.BINARY and core.node_get(binary, "op") == sql.op.eq and is_mapped(prop, a)
      and is_mapped(prop, b) then
      if has(b_bits, FOREIGN) then sync[#sync + 1] = { a, b }
      elseif has(a_bits, FOREIGN) then sync[#sync + 1] = { b, a } end
    end
  end)
end

-- A condition without foreign columns gives a flush nothing to copy.
local function check_foreign(prop, tree, sync, which)
  local foreign = any_marked(tree, FOREIGN)
  if prop.viewonly then
    if foreign then return end
  elseif #sync > 0 then return end
  local text = tostring(sql.unmarked(tree))
  if not prop.viewonly and foreign then
    exc.raise("ArgumentError", "Could not locate any simple equality expressions involving locally mapped foreign " ..
      "key columns for %s join condition '%s' on relationship %s.  Ensure that referencing columns are associated " ..
      "with a ForeignKey or ForeignKeyConstraint, or are annotated in the join condition with the foreign() " ..
      "annotation. To allow comparison operators other than '==', the relationship can be marked as viewonly=true.",
      which, text, tostring(prop))
  end
  exc.raise("ArgumentError", "Could not locate any relevant foreign key columns for %s join condition '%s' on " ..
    "relationship %s.  Ensure that referencing columns are associated with a ForeignKey or ForeignKeyConstraint, or " ..
    "are annotated in the join condition with the foreign() annotation.", which, text, tostring(prop))
end

-- --- direction -----------------------------------------------------------------------------------------------------

-- Both tables hold foreign columns (one may be the other), so the marks must decide.
local function direction_by_marks(prop)
  local o2m, m2o, remote_cols, local_cols = {}, {}, {}, {}
  each_column(prop.primaryjoin_annotated, function(column, bits)
    if has(bits, FOREIGN) then
      if has(bits, REMOTE) then o2m[column] = true else m2o[column] = true end
    end
    if has(bits, REMOTE) then remote_cols[column] = true else local_cols[column] = true end
  end)
  if next(o2m) and next(m2o) then
    for column in pairs(remote_cols) do
      if local_cols[column] then o2m[column], m2o[column] = nil, nil end
    end
  end
  if next(o2m) and not next(m2o) then return ONETOMANY end
  if next(m2o) and not next(o2m) then return MANYTOONE end
  return exc.raise("ArgumentError", "Can't determine relationship direction for relationship '%s' - foreign key " ..
    "columns within the join condition are present in both the parent and the child's mapped tables.  Ensure that " ..
    "only those columns referring to a parent column are marked as foreign, either via the foreign() annotation or " ..
    "via the foreign_keys argument.", tostring(prop))
end

-- Where the foreign columns are tells who refers to whom.
local function determine_direction(prop)
  if prop.secondaryjoin_annotated then return MANYTOMANY end
  local in_target, in_parent = false, false
  each_column(prop.primaryjoin_annotated, function(column, bits)
    if has(bits, FOREIGN) then
      in_target = in_target or sql.has_column(prop.target_tables, column)
      in_parent = in_parent or sql.has_column(prop.parent_tables, column)
    end
  end)
  if in_target and in_parent then return direction_by_marks(prop) end
  if in_target then return ONETOMANY end
  if in_parent then return MANYTOONE end
  return exc.raise("ArgumentError", "Can't determine relationship direction for relationship '%s' - foreign key " ..
    "columns are present in neither the parent nor the child's mapped tables", tostring(prop))
end

-- Pairs are what loads and flushes work with; without one the relationship would do nothing.
local function check_remote_side(prop)
  if #prop.local_remote_pairs == 0 then
    exc.raise("ArgumentError", "Relationship %s could not determine any unambiguous local/remote column pairs based " ..
      "on join condition and remote_side arguments.  Consider using the remote() annotation to accurately mark " ..
      "those elements of the join condition that are on the remote side of the relationship.", tostring(prop))
  end
  for _, pair in ipairs(prop.local_remote_pairs) do
    local remote = pair[2]
    if sql.has_column(prop.parent_tables, remote) and not sql.has_column(prop.target_tables, remote) then
      warn("Expression %s is marked as 'remote', but these column(s) are local to the local side.  The remote() " ..
        "annotation is needed only for a self-referential relationship where both sides of the relationship refer " ..
        "to the same tables.", tostring(remote))
    end
  end
end

-- Is the condition exactly "the target's primary key = own columns"? Then the identity map can answer: for a reference,
-- and for one-to-one over a shared primary key.
local function determine_use_get(prop)
  local is_scalar = prop.direction == MANYTOONE and not prop.uselist
    or prop.direction == ONETOMANY and prop.uselist == false
  if not is_scalar or prop.target_alias then return false end
  local keys = prop.mapper.primary_key
  local items = sql.conjuncts(prop.primaryjoin_annotated)
  if #items ~= #keys then return false end
  local by_slot = {}
  for _, item in ipairs(items) do
    if core.node_tag(item) ~= tags.BINARY or core.node_get(item, "op") ~= sql.op.eq then return false end
    local left, right = core.node_get(item, "left"), core.node_get(item, "right")
    if not has(flags_of(right), REMOTE) then left, right = right, left end
    local near, far = sql.column_of(left), sql.column_of(right)
    if not near or not far or not has(flags_of(right), REMOTE) or has(flags_of(left), REMOTE) then return false end
    local slot = prop.mapper.column_slot[far]
    if not slot then return false end
    by_slot[slot] = near
  end
  local get = {}
  for i, slot in ipairs(prop.mapper.pk_slots) do
    local near = by_slot[slot]
    if not near or not prop.parent.column_slot[near] then return false end
    get[i] = prop.parent.column_slot[near]
  end
  prop.get_slots = get -- slots of the parent that hold the target's identity
  return true
end

-- --- everything ----------------------------------------------------------------------------------------------------

-- A set of columns as a list, by table and position.
local function listed(set)
  local list = {}
  for column in pairs(set) do list[#list + 1] = column end
  table.sort(list, function(a, b) return tostring(a) < tostring(b) end)
  return columns.list(list)
end

--- Fills primaryjoin, secondaryjoin, pairs, direction of a relationship that has its target.
function join_condition.setup(prop)
  prop.consider = as_set(prop.foreign_keys_given)
  prop.remote_side_set = as_set(prop.remote_side_given)
  prop.parent_tables = sql.tables_of(prop.parent.persist_selectable)
  prop.target_tables = sql.tables_of(target_from(prop))
  prop.secondary_tables = prop.secondary and sql.tables_of(prop.secondary)
  prop.parent_local_tables = sql.tables_of(prop.parent.local_table)
  prop.target_local_tables = prop.target_alias and prop.target_tables or sql.tables_of(prop.mapper.local_table)
  local primary, second = determine(prop)
  primary, second = unmark_columns(primary, LOCAL), second and unmark_columns(second, LOCAL) or nil
  if not any_marked(primary, FOREIGN) then primary = mark_foreign(prop, primary) end
  if second and not any_marked(second, FOREIGN) then second = mark_foreign(prop, second) end
  prop.primaryjoin_annotated, prop.secondaryjoin_annotated = primary, second
  primary, second = mark_remote(prop)
  second = second or prop.secondaryjoin_annotated
  primary = mark_columns(primary, LOCAL, function(column, bits)
    return not has(bits, REMOTE) and sql.has_column(prop.parent_tables, column)
  end)
  prop.primaryjoin_annotated, prop.secondaryjoin_annotated = primary, second
  prop.local_remote_pairs, prop.synchronize_pairs, prop.secondary_synchronize_pairs = {}, {}, {}
  gather_pairs(prop, primary, prop.synchronize_pairs)
  if second then gather_pairs(prop, second, prop.secondary_synchronize_pairs) end
  check_foreign(prop, primary, prop.synchronize_pairs, "primary")
  if second then check_foreign(prop, second, prop.secondary_synchronize_pairs, "secondary") end
  prop.direction = determine_direction(prop)
  check_remote_side(prop)
  prop.primaryjoin = sql.unmarked(primary)
  prop.secondaryjoin = second and sql.unmarked(second) or nil
  prop.local_columns, prop.remote_columns, prop.foreign_columns = {}, {}, {}
  each_column(primary, function(column, bits)
    if has(bits, LOCAL) then prop.local_columns[column] = true end
    if has(bits, REMOTE) then prop.remote_columns[column] = true end
    if has(bits, FOREIGN) then prop.foreign_columns[column] = true end
  end)
  if second then
    each_column(second, function(column, bits)
      if has(bits, FOREIGN) then prop.foreign_columns[column] = true end
      if has(bits, REMOTE) then prop.remote_columns[column] = true end
    end)
  end
  prop.local_columns, prop.remote_side = listed(prop.local_columns), listed(prop.remote_columns)
  prop.self_referential = prop.mapper:common_parent(prop.parent)
  prop.use_get = determine_use_get(prop)
end

--- For a backref: the condition with remote and local exchanged where the user marked them, without them where they
-- were found here: the other side then looks for itself (and needs its own remote_side in a self-reference).
function join_condition.reversed(prop)
  if not next(prop.remote_columns) then return nil end
  return sql.replace(prop.primaryjoin_annotated, function(at)
    if core.node_tag(at) ~= tags.ANNOTATED then return nil end
    local bits, column = flags_of(at), core.node_get(at, "element")
    local fresh = has(bits, FOREIGN) and FOREIGN or 0
    if prop.remote_annotated then
      if has(bits, REMOTE) then fresh = fresh + LOCAL
      elseif has(bits, LOCAL) then fresh = fresh + REMOTE end
    end
    if fresh == 0 then return column end
    return core.node(tags.ANNOTATED, { element = column, flags = fresh }, core.node_type(column))
  end)
end

-- A nested SELECT that correlates with tables of the parent or of the target: it names what stands for them. nil if
-- there is nothing to exchange; `kept` collects what it names then.
local function correlated(prop, sides, select_node, kept)
  local changes = {}
  for _, name in ipairs { "correlate", "correlate_except" } do
    local list, changed = core.node_get(select_node, name), false
    for i, item in ipairs(list) do
      local from = core.node_tag(item) == tags.ORM_ENTITY and core.node_get(item, "from") or item
      local use = prop.parent_tables[from] and sides.parent or prop.target_tables[from] and sides.target
      local column = use and sql.column_of(use((core.from_columns(from))[1]))
      local other = column and core.node_get(column, "table")
      if other and other ~= from then
        list[i], kept[other], changed = other, true, true
      end
    end
    if changed then changes[name] = list end
  end
  return next(changes) and core.node_with(select_node, changes)
end

-- Of a condition without secondary. Where remote() was given by hand a column may have no mark at all (a discriminator
-- of the target): it is the target's if the target has it.
local function on_target_side(prop, column, bits)
  return has(bits, REMOTE) or not has(bits, LOCAL) and sql.has_column(prop.target_tables, column)
end

--- The conditions with columns exchanged: `sides.parent`, `sides.target`, `sides.secondary` are functions column →
-- node (nil:
-- as they are). Returns primaryjoin and secondaryjoin without marks.
function join_condition.on(prop, sides)
  -- a table may stand in a secondary join and as the target (or parent): there the outer side is meant
  local joined = prop.secondary and core.node_tag(prop.secondary) == tags.JOIN
  local function adapt(tree, near, far)
    local outer = joined and (tree == prop.primaryjoin_annotated and prop.parent_tables or prop.target_tables)
    local kept = {}
    local function exchange(at)
      if kept[at] then return at end -- as it stands in correlate(); nothing inside it is meant
      local column = sql.column_of(at)
      if not column then
        local nested = core.node_tag(at) == tags.SELECT and correlated(prop, sides, at, kept)
        return nested and sql.replace(nested, exchange) or nil
      end
      local use
      if in_secondary(prop, column) and not (outer and sql.has_column(outer, column)) then use = sides.secondary
      elseif prop.secondary then use = near
      elseif on_target_side(prop, column, flags_of(at)) then use = far
      else use = near end
      if far and use == near and not has(flags_of(at), LOCAL) then -- of neither side by name: the target may have it
        local found = far(column)
        if found ~= column then return found end
      end
      return use and use(column) or column
    end
    return sql.replace(tree, exchange)
  end
  local primary = adapt(prop.primaryjoin_annotated, sides.parent, sides.target)
  local second = prop.secondaryjoin_annotated and adapt(prop.secondaryjoin_annotated, sides.target, sides.target)
  return primary, second
end

--- The condition with one side's columns replaced by binds, for lazy loads and comparisons with an object. Forward: the
-- parent's columns are bound; reverse: the target's. `adapt` exchanges the columns that stay. Returns the condition
-- and a list of { bind, column }.
function join_condition.lazy(prop, reverse, adapt)
  local binds, list = {}, {}
  local primary, second = prop.primaryjoin_annotated, prop.secondaryjoin_annotated
  local function replace(tree)
    return sql.replace(tree, function(at)
      local column = sql.column_of(at)
      if not column then return nil end
      local bits = flags_of(at)
      local wanted
      if not reverse then wanted = has(bits, LOCAL)
      elseif prop.secondary then wanted = tree == second and not in_secondary(prop, column)
      else wanted = has(bits, REMOTE) end
      if not wanted then return adapt and adapt(column) or column end
      if not binds[column] then
        binds[column] = core.bind(nil, nil, enums.BIND_UNIQUE, core.node_type(column))
        list[#list + 1] = { bind = binds[column], column = column }
      end
      return binds[column]
    end)
  end
  local parts = {}
  if second and reverse then
    parts[1], parts[2] = replace(primary), replace(second)
  else
    parts[1] = replace(primary)
    if second then parts[2] = replace(second) end
  end
  return sql.and_(parts), list
end

return join_condition
