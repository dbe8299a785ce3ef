---@meta _
--- What editors know of the names of alchemoon.orm in `am`.

---@class alchemoon
local am = {}


---@type table
am.AbstractConcreteBase = {}

---@type table
am.AssociationProxyExtensionType = {}

--- am.Bundle(name, column, …, { single_entity, create_row_processor = function(bundle, labels) →
--- function(values) → value })
---@param name string
---@param ... any
---@return any
function am.Bundle(name, ...) end

--- Parses what the user gave: a text, a list of names, nil (the default), false (none).
function am.CascadeOptions(given, viewonly) end

--- A comparator over an expression: what stands for a hybrid in SQL. More arguments are the class's `init()`'s.
---@param expression any
---@param ... any
---@return table
function am.Comparator(expression, ...) end

---@type table
am.ConcreteBase = {}

--- am.declarative_base{ metadata, naming_convention, cls, name, default_lazy, type_annotation_map, ... }
---@param opts table?
---@return table
function am.DeclarativeBase(opts) end

---@type table
am.DeferredReflection = {}

---@type table
am.EXT_CONTINUE = {}

---@type table
am.EXT_SKIP = {}

---@type table
am.EXT_STOP = {}

---@type table
am.HybridExtensionType = {}

---@type table
am.InstrumentedList = {}

---@type table
am.InstrumentedSet = {}

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.KeyFuncDict(fn, opts) end

--- An option that starts at an entity: am.Load(User):selectinload(User.posts).
---@param entity any   a class or an alias
---@return alchemoon.Load
function am.Load(entity) end

---@type table
am.LoaderCallableStatus = {}

---@type table
am.MANYTOMANY = {}

---@type table
am.MANYTOONE = {}

--- am.Mapped("str", …): the other arguments are those of am.Column (without a type).
---@param name string
---@param ... any
---@return any
function am.Mapped(name, ...) end

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.MappedCollection(fn, opts) end

---@type table
am.Mapper = {}

---@type table
am.Mutable = {}

---@type table
am.MutableComposite = {}

--- A value of the class.
---@param value table?
---@return table
function am.MutableDict(value) end

--- A value of the class.
---@param value table?
---@return table
function am.MutableList(value) end

--- A value of the class.
---@param value table?
---@return table
function am.MutableSet(value) end

---@type table
am.NEVER_SET = {}

---@type table
am.NO_KEY = {}

am.NO_VALUE = am.NEVER_SET

---@type table
am.NotExtension = {}

---@type table
am.ONETOMANY = {}

---@type table
am.OP_APPEND = {}

---@type table
am.OP_BULK_REPLACE = {}

---@type table
am.OP_MODIFIED = {}

---@type table
am.OP_REMOVE = {}

---@type table
am.OP_REPLACE = {}

---@type string
am.PASSIVE_NO_FETCH = nil

---@type string
am.PASSIVE_NO_FETCH_RELATED = nil

---@type string
am.PASSIVE_NO_INITIALIZE = nil

---@type table
am.PASSIVE_NO_RESULT = {}

---@type string
am.PASSIVE_OFF = nil

---@type string
am.PASSIVE_ONLY_PERSISTENT = nil

---@type table
am.PassiveFlag = {}

--- am.Query(entity or list of entities, session or { session = }); the session may follow by with_session().
---@param entities any
---@param session alchemoon.Session|table|nil
---@return alchemoon.Query
function am.Query(entities, session) end

---@type table
am.RelationshipDirection = {}

--- am.Session(bind, opts, fn): a session; with fn, fn(session) is called and the session closed.
---@param ... any   bind, autoflush, expire_on_commit, info, binds, twophase, query_cls ...
---@return alchemoon.Session|any
function am.Session(...) end

---@type table
am.SessionTransaction = {}

---@type table
am.SessionTransactionOrigin = {}

--- An option that carries a value to the events of executions.
---@param payload any
---@param opts table?   propagate_to_loaders
---@return alchemoon.UserDefinedOption
function am.UserDefinedOption(payload, opts) end

--- am.add_mapped_attribute(Class, "key", attribute): Class.key = attribute.
---@param target table
---@param key string
---@param attribute any
function am.add_mapped_attribute(target, key, attribute) end

--- am.aliased(User, { name, flat, adapt_on_names }), am.aliased(User, subquery, { … }); a table gets an alias of its
--- own.
---@param element any
---@param ... any
---@return any
function am.aliased(element, ...) end

--- am.as_declarative{ metadata = … }(methods): a base whose classes have these methods; declarative_base{ cls = … }
--- in the order of Python's decorator.
---@param opts table?   those of declarative_base
---@return fun(cls:table):table
function am.as_declarative(opts) end

--- am.association_proxy(target_collection, attr, { creator, create_on_none_assignment, cascade_scalar_deletes, … })
---@param target string   the relationship's name
---@param value_attr string   what is shown of each object
---@param opts table?   creator, getset_factory, proxy_factory, create_on_none_assignment, info ...
---@return any
function am.association_proxy(target, value_attr, opts) end

--- am.attribute_keyed_dict("name"): the item's attribute is the key.
---@param name string
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.attribute_keyed_dict(name, opts) end

--- am.attribute_keyed_dict("name"): the item's attribute is the key.
---@param name string
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.attribute_mapped_collection(name, opts) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.autoload(...) end

--- am.automap_base(declarative base, { of declarative_base }); a MetaData may stand in place of the base.
---@param given table?
---@param opts table?
---@return table
function am.automap_base(given, opts) end

--- am.backref(name, { relationship options })
---@param name string
---@param opts table?
---@return any
function am.backref(name, opts) end

--- am.bakery(): a function that begins baked queries: bakery(function(session) return session:query(User) end).
---@return fun(fn: function, ...): table
function am.bakery() end

--- am.class_mapper(cls, { configure = false })
--- Raises UnmappedClassError.
---@param cls table
---@param opts table?
---@return alchemoon.Mapper
function am.class_mapper(cls, opts) end

--- The name of the class for a table: the table's. The first parameter of this and of the next ones is the base.
---@param tablename string
---@return string
function am.classname_for_table(_, tablename) end

--- Forgets all mappers of all registries.
function am.clear_mappers() end

--- Closes every session of this Lua state, also what is left of those that nobody holds any more.
function am.close_all_sessions() end

---@type table
am.collection = {}

--- am.collection_adapter(obj.children)
--- Raises ArgumentError for what is no collection of a mapped object.
---@param collection table
---@return table adapter
function am.collection_adapter(collection) end

--- am.column_keyed_dict(Note.__table__.c.keyword); several columns give a list of values: notes:get{ 1, 2 }.
---@param given any     a column, its attribute, or a list of these
---@param opts table?   ignore_unpopulated_attribute
---@return table collection_class
function am.column_keyed_dict(given, opts) end

--- am.column_keyed_dict(Note.__table__.c.keyword); several columns give a list of values: notes:get{ 1, 2 }.
---@param given any     a column, its attribute, or a list of these
---@param opts table?   ignore_unpopulated_attribute
---@return table collection_class
function am.column_mapped_collection(given, opts) end

--- am.column_property(expression, ..., { deferred, group, active_history, ... })
---@param ... any
---@return any
function am.column_property(...) end

--- am.composite(make, "a", "b" or Columns ..., { active_history, deferred, group, comparator_factory, info })
---@param make table|function   the class, or what makes a value of the columns'
---@param ... any
---@return any
function am.composite(make, ...) end

--- Configures all mappers now, instead of when they are first used.
function am.configure_mappers() end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.contains_eager(...) end

--- Ready-made ordering functions: places from 0, from 1, from a number.
---@param index integer   from 0
---@return integer
function am.count_from_0(index) end

--- Places counted from 1.
---@param index integer
---@return integer
function am.count_from_1(index) end

--- A function that counts places from a number.
---@param start integer
---@return fun(index:integer):integer
function am.count_from_n_factory(start) end

--- am.declarative_base{ metadata, naming_convention, cls, name, default_lazy, type_annotation_map, ... }
---@param opts table?
---@return table
function am.declarative_base(opts) end

--- A mixin as it is: what is mixed in needs no mark.
---@param mixin table
---@return table
function am.declarative_mixin(mixin) end

--- am.declared_attr(function(cls) … end); `.cascading` for every subclass anew, `.directive` for __x__ names.
---@param fn fun(cls:table):any
---@return any
function am.declared_attr(fn) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.defaultload(...) end

--- For columns, the last of a path.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.defer(...) end

--- am.deferred(column, ..., { group, raiseload })
---@param ... any
---@return any
function am.deferred(...) end

--- am.del_attribute(obj, key): the value is forgotten; a flush writes NULL.
---@param obj table
---@param key string
function am.del_attribute(obj, key) end

--- A relationship with lazy = "dynamic": its attribute is a query.
---@param target any
---@param opts table?
---@return any
function am.dynamic_loader(target, opts) end

--- am.flag_dirty(obj): the session looks at it in the next flush.
---@param obj table
function am.flag_dirty(obj) end

--- am.flag_modified(obj, key)
--- Raises InvalidRequestError if it is not loaded.
---@param obj table
---@param key string
function am.flag_modified(obj, key) end

--- The expression, marked for a primaryjoin.
---@param expression any
---@return any
function am.foreign(expression) end

--- Makes a relationship() or a backref(); one's own may return nil to leave it out, or change `kw` and call this.
--- Between the base and `return_fn` stands the direction, behind `attrname` the class that has the attribute.
---@param return_fn function   am.relationship or am.backref
---@param attrname string
---@param referred_cls table
---@param kw table   options of the relationship
---@return any
function am.generate_relationship(_, _, return_fn, attrname, _, referred_cls, kw) end

--- am.get_attribute(obj, key)
---@param obj table
---@param key string
---@return any
function am.get_attribute(obj, key) end

--- am.get_history(obj, key, passive) or (obj, key, { passive = }): added, unchanged, deleted.
---@param obj table
---@param key string
---@param passive any   am.PASSIVE_*, else what is loaded
---@return alchemoon.History
function am.get_history(obj, key, passive) end

--- Does the class inherit from another mapped class?
---@param cls table
---@return boolean
function am.has_inherited_table(cls) end

--- am.has_parent(cls, obj, key)
---@param cls table
---@param obj table
---@param key string
---@return boolean
function am.has_parent(cls, obj, key) end

--- am.hybrid_method(fn, { expression })
---@param fn fun(self:table, ...):any
---@param opts table?   expression
---@return any
function am.hybrid_method(fn, opts) end

--- am.hybrid_property(fn, { setter, expression, update_expression, comparator })
---@param fn fun(self:table):any   of an object, or of the class
---@param opts table?   setter, deleter, expression, update_expression, comparator
---@return any
function am.hybrid_property(fn, opts) end

--- am.identity_key(cls, key) / am.identity_key{ instance = obj } → { class, { values }, token }.
---@param ... any
---@return any[] the class, the primary key, the identity token
function am.identity_key(...) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.immediateload(...) end

--- am.index_property("data", "key", { default, mutable }): obj.attr reads and writes obj.data.key. Positions count from
--- 1. Without a default, reading what is not there is an error; `default = am.null` reads as nil.
---@param attr_name string
---@param index any   a key, or a position counted from 1
---@param opts table?   default, mutable, datatype (a function that makes an empty value), onebased (false: the
--- database counts positions from 0, as in JSON)
---@return any
function am.index_property(attr_name, index, opts) end

--- am.init_collection(obj, key): an empty collection, as a loader would begin with.
---@param obj table
---@param key string
---@return table the collection's adapter
function am.init_collection(obj, key) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.joinedload(...) end

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.keyfunc_mapping(fn, opts) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.lazyload(...) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.load_only(...) end

--- am.make_transient(obj): it forgets session and identity; its loaded values and its history stay.
---@param obj table
function am.make_transient(obj) end

--- am.make_transient_to_detached(obj): an object that was never stored is taken for one that is, by its primary key.
---@param obj table
function am.make_transient_to_detached(obj) end

--- am.keyfunc_mapping(function(item) … end)
---@param fn fun(item:table):any
---@param opts table?   ignore_unpopulated_attribute
---@return any
function am.mapped_collection(fn, opts) end

--- A frozen result whose objects are the session's own: am.merge_frozen_result(session, statement, frozen, { load = }).
--- Call what is returned for a result.
---@param session alchemoon.Session
---@param statement any
---@param frozen table      from result:freeze()
---@param opts {load: boolean?}?
function am.merge_frozen_result(session, statement, frozen, opts) end

--- The name of a collection: "other_collection".
---@param referred_cls table
---@return string
function am.name_for_collection_relationship(_, _, referred_cls) end

--- The name of a many-to-one: that of the other class in lower case.
---@param referred_cls table
---@return string
function am.name_for_scalar_relationship(_, _, referred_cls) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.noload(...) end

--- am.object_mapper(obj)
--- Raises UnmappedInstanceError.
---@param obj table
---@return alchemoon.Mapper
function am.object_mapper(obj) end

--- am.object_session(obj)
---@param obj table
---@return alchemoon.Session?
function am.object_session(obj) end

--- am.ordering_list("position", { count_from, ordering_func, reorder_on_append }): for collection_class. The function
--- gets the place of an item, counted from 0 as the database's own.
---@param name string   the attribute that holds the place
---@param opts table?   count_from, ordering_func, reorder_on_append
---@return any
function am.ordering_list(name, opts) end

--- am.polymorphic_union({ employee = employees, manager = managers }, "type", "pjoin"): a UNION ALL of tables in which
--- every one has all columns, and a column with the name under which it was given. A list of { name, table } keeps its
--- order.
---@param tables table<string, any>
---@param type_name string?
---@param aliasname string?
---@param opts table?   cast_nulls
---@return any
function am.polymorphic_union(tables, type_name, aliasname, opts) end

--- am.query_expression(default), am.query_expression{ default_expr = … }: an attribute that am.with_expression fills.
---@param default any
---@param opts table?
---@return any
function am.query_expression(default, opts) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.raiseload(...) end

--- am.reconstructor(function(self) … end): called for every object that is loaded from the database.
---@param fn fun(self:table)
---@return any
function am.reconstructor(fn) end

--- am.registry{ metadata, class_registry, constructor, type_annotation_map }
---@param opts table?
---@return alchemoon.registry
function am.registry(opts) end

--- am.relationship(target, { … }); the target is a class, a name, or a function that returns one of these.
---@param target any
---@param ... any
---@return any
function am.relationship(target, ...) end

--- The expression, marked for a primaryjoin.
---@param expression any
---@return any
function am.remote(expression) end

--- am.scoped_session(factory, { scopefunc = }): a session per scope; without scopefunc per coroutine, in OpenResty per
--- request.
---@param factory table|function   a sessionmaker
---@param opts table?              scopefunc: a function that gives the key of the current scope
---@return table
function am.scoped_session(factory, opts) end

--- am.selectin_polymorphic(Employee, { Manager, Engineer })
---@param base table
---@param list table[]
---@return alchemoon.Load
function am.selectin_polymorphic(base, list) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.selectinload(...) end

--- am.sessionmaker(bind, { Session options, class_ = }): a factory; calling it makes a session.
---@param ... any   the bind; options as of am.Session, and the class of the sessions
---@return table
function am.sessionmaker(...) end

--- am.set_attribute(obj, key, value, initiator): as an assignment, events included. `initiator`: what a listener was
--- given, so that those of this attribute learn where the change began.
---@param obj table
---@param key string
---@param value any
---@param initiator table?
function am.set_attribute(obj, key, value, initiator) end

--- am.set_committed_value(obj, key, value): the value as if it had been loaded; no events, no history.
---@param obj table
---@param key string
---@param value any
function am.set_committed_value(obj, key, value) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.subqueryload(...) end

--- am.synonym("name", { map_column, descriptor, comparator_factory, info })
---@param name string
---@param opts table?
---@return any
function am.synonym(name, opts) end

--- am.synonym_for("name", function(self) … end, { map_column }): a synonym that instances read through the function.
---@param name string
---@param get fun(self:table):any
---@param opts table?
---@return any
function am.synonym_for(name, get, opts) end

--- am.undefer(attribute, ...): deferred columns are loaded at once.
---@param ... any
---@return alchemoon.Load
function am.undefer(...) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.undefer_group(...) end

--- am.validates("a", "b", function(self, key, value) … end, { include_removes, include_backrefs })
---@param ... any
---@return any
function am.validates(...) end

--- am.was_deleted(obj): did a flush delete its row?
---@param obj table
---@return boolean
function am.was_deleted(obj) end

--- A loader option for an attribute path: what the method of that name does, for the statement's entities.
---@param ... any   attributes; options last
---@return alchemoon.Load
function am.with_expression(...) end

--- am.with_loader_criteria(Class, condition or function(cls), { include_aliases, propagate_to_loaders, loader_only })
---@param target any   a class or a mixin
---@param criterion any   a condition, or a function of the class that makes one
---@param opts table?   include_aliases, propagate_to_loaders
---@return any
function am.with_loader_criteria(target, criterion, opts) end

--- am.with_parent(ann, User.posts, { from_entity }): the rows that ann's relationship holds.
---@param obj table
---@param attribute any
---@param opts any?   an entity, or { from_entity = one }
---@return alchemoon.ColumnElement
function am.with_parent(obj, attribute, opts) end

--- am.with_polymorphic(Employee, { Manager, Engineer } or "*", { aliased, flat, innerjoin, selectable, polymorphic_on,
--- name }): an entity with the columns of subclasses; `entity.Manager` has the attributes of that subclass.
--- `selectable` am.null: the tables, whatever the mapper of the class is configured with.
---@param base table
---@param given table[]|string
---@param ... any
---@return any
function am.with_polymorphic(base, given, ...) end

am.AsyncSession = am.Session

--- The session of an object, or nil: Session.object_session(obj), or session:object_session(obj).
---@param obj table
---@return alchemoon.Session?
function am.async_object_session(obj, of_session) end

--- am.scoped_session(factory, { scopefunc = }): a session per scope; without scopefunc per coroutine, in OpenResty per
--- request.
---@param factory table|function   a sessionmaker
---@param opts table?              scopefunc: a function that gives the key of the current scope
---@return table
function am.async_scoped_session(factory, opts) end

--- am.sessionmaker(bind, { Session options, class_ = }): a factory; calling it makes a session.
---@param ... any   the bind; options as of am.Session, and the class of the sessions
---@return table
function am.async_sessionmaker(...) end

return am
