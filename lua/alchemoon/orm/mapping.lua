--- Public names of the mapping half of the ORM.
local automap = require "alchemoon.orm.ext.automap"
local association_proxy = require "alchemoon.orm.ext.association_proxy"
local attributes = require "alchemoon.orm.attributes"
require "alchemoon.orm.attach" -- mappers call it
local annotation = require "alchemoon.orm.annotation"
local aliased = require "alchemoon.orm.aliased"
local attr = require "alchemoon.orm.attr"
local bundle = require "alchemoon.orm.bundle"
local cascade_options = require "alchemoon.orm.cascade_options"
local classes = require "alchemoon.orm.classes"
local concrete = require "alchemoon.orm.concrete"
local declarative = require "alchemoon.orm.declarative"
local deferred_reflection = require "alchemoon.orm.ext.deferred_reflection"
local events_orm = require "alchemoon.orm.events_orm"
local functions = require "alchemoon.orm.attribute_functions"
local collection_kinds = require "alchemoon.orm.collection_kinds"
local collections = require "alchemoon.orm.collections"
local custom_collections = require "alchemoon.orm.custom_collections"
local hybrid = require "alchemoon.orm.ext.hybrid"
local instance = require "alchemoon.orm.instance"
local join_condition = require "alchemoon.orm.join_condition"
local mapper = require "alchemoon.orm.mapper"
local mutable = require "alchemoon.orm.ext.mutable"
local ordering_list = require "alchemoon.orm.ext.ordering_list"
local properties = require "alchemoon.orm.properties"
local registry = require "alchemoon.orm.registry"
local relationship = require "alchemoon.orm.relationship"
local relationship_comparator = require "alchemoon.orm.relationship_comparator"
local symbols = require "alchemoon.orm.symbols"
local usage = require "alchemoon.usage"

assert(attributes and attr)
require "alchemoon.orm.composite"
require "alchemoon.orm.inspect_orm"
require "alchemoon.orm.mapper_views"
require "alchemoon.orm.synonym"

function mapper.after_properties(m)
  for key, value in pairs(m.own_descriptors) do mapper.attach_descriptor(m, key, value) end
  for key, value in pairs(m.inherits and m.inherits.given_descriptors or {}) do
    mapper.inherit_descriptor(m, key, value)
  end
  concrete.refuse_missing(m)
  classes.set_constructor(m.class, instance.instrument(m))
  events_orm.finish(m)
end

--- Configures all mappers now, instead of when they are first used.
local function configure_mappers() registry.configure_all() end

--- A relationship with lazy = "dynamic": its attribute is a query.
---@param target any
---@param opts table?
---@return any
local function dynamic_loader(target, opts)
  usage.check_arguments("dynamic_loader", "any", target, "table?", opts)
  local all = { lazy = "dynamic" }
  for key, value in pairs(opts or {}) do all[key] = value end
  return relationship.new(target, all)
end

return {
  declarative_base = declarative.declarative_base, registry = registry.new,
  as_declarative = declarative.as_declarative, declarative_mixin = declarative.declarative_mixin,
  add_mapped_attribute = declarative.add_mapped_attribute, DeclarativeBase = declarative.declarative_base,
  has_inherited_table = declarative.has_inherited_table, configure_mappers = configure_mappers,
  relationship = relationship.new, backref = relationship.backref, dynamic_loader = dynamic_loader,
  CascadeOptions = cascade_options.parse,
  clear_mappers = registry.dispose_all,
  remote = join_condition.remote, foreign = join_condition.foreign,
  column_property = properties.column_property, deferred = properties.deferred, synonym = properties.synonym,
  synonym_for = properties.synonym_for,
  query_expression = properties.query_expression, composite = properties.composite,
  declared_attr = properties.declared_attr, validates = properties.validates, reconstructor = properties.reconstructor,
  aliased = aliased.aliased, with_polymorphic = aliased.with_polymorphic, Bundle = bundle.Bundle,
  with_parent = relationship_comparator.with_parent,
  get_attribute = functions.get_attribute, set_attribute = functions.set_attribute,
  del_attribute = functions.del_attribute, get_history = functions.get_history, has_parent = functions.has_parent,
  set_committed_value = functions.set_committed_value, init_collection = functions.init_collection,
  flag_modified = functions.flag_modified, flag_dirty = functions.flag_dirty,
  object_session = functions.object_session, object_mapper = functions.object_mapper,
  class_mapper = functions.class_mapper, was_deleted = functions.was_deleted,
  make_transient = functions.make_transient, make_transient_to_detached = functions.make_transient_to_detached,
  identity_key = functions.identity_key,
  Mapped = annotation.Mapped, ordering_list = ordering_list.ordering_list,
  count_from_0 = ordering_list.count_from_0, count_from_1 = ordering_list.count_from_1,
  count_from_n_factory = ordering_list.count_from_n_factory, index_property = ordering_list.index_property,
  Mapper = mapper.Mapper, polymorphic_union = concrete.polymorphic_union,
  ConcreteBase = concrete.ConcreteBase, AbstractConcreteBase = concrete.AbstractConcreteBase,
  hybrid_property = hybrid.hybrid_property, hybrid_method = hybrid.hybrid_method, Comparator = hybrid.Comparator,
  association_proxy = association_proxy.association_proxy,
  automap_base = automap.automap_base, classname_for_table = automap.classname_for_table,
  name_for_scalar_relationship = automap.name_for_scalar_relationship,
  name_for_collection_relationship = automap.name_for_collection_relationship,
  generate_relationship = automap.generate_relationship,
  DeferredReflection = deferred_reflection.DeferredReflection,
  MutableDict = mutable.MutableDict, MutableList = mutable.MutableList, MutableSet = mutable.MutableSet,
  Mutable = mutable.Mutable, MutableComposite = mutable.MutableComposite,
  attribute_keyed_dict = collection_kinds.attribute_keyed_dict, keyfunc_mapping = collection_kinds.keyfunc_mapping,
  column_keyed_dict = collection_kinds.column_keyed_dict,
  KeyFuncDict = collection_kinds.keyfunc_mapping, MappedCollection = collection_kinds.keyfunc_mapping,
  collection = custom_collections.collection, collection_adapter = require "alchemoon.orm.collection_adapter",
  InstrumentedList = collections.list_methods, InstrumentedSet = collections.set_methods,
  attribute_mapped_collection = collection_kinds.attribute_keyed_dict,
  column_mapped_collection = collection_kinds.column_keyed_dict, mapped_collection = collection_kinds.keyfunc_mapping,
  LoaderCallableStatus = symbols.LoaderCallableStatus, PassiveFlag = symbols.PassiveFlag,
  PASSIVE_OFF = symbols.OFF, PASSIVE_NO_FETCH = symbols.NO_FETCH, PASSIVE_NO_INITIALIZE = symbols.NO_INITIALIZE,
  PASSIVE_NO_FETCH_RELATED = symbols.NO_FETCH_RELATED, PASSIVE_ONLY_PERSISTENT = symbols.ONLY_PERSISTENT,
  NO_VALUE = symbols.NO_VALUE, NEVER_SET = symbols.NEVER_SET, PASSIVE_NO_RESULT = symbols.PASSIVE_NO_RESULT,
  NO_KEY = symbols.NO_KEY,
  OP_APPEND = symbols.OP_APPEND, OP_REMOVE = symbols.OP_REMOVE, OP_REPLACE = symbols.OP_REPLACE,
  OP_BULK_REPLACE = symbols.OP_BULK_REPLACE, OP_MODIFIED = symbols.OP_MODIFIED, EXT_SKIP = registry.EXT_SKIP,
  EXT_CONTINUE = registry.EXT_CONTINUE, EXT_STOP = registry.EXT_STOP,
  ONETOMANY = symbols.ONETOMANY, MANYTOONE = symbols.MANYTOONE, MANYTOMANY = symbols.MANYTOMANY,
  RelationshipDirection = symbols.RelationshipDirection, NotExtension = symbols.NotExtension,
  HybridExtensionType = symbols.HybridExtensionType,
  AssociationProxyExtensionType = symbols.AssociationProxyExtensionType,
}
