--- Every event: family → list of { name, arguments, options }. Everything else grows from this table.
--
-- Options of an event:
--   passes = { "a", "b" }  these arguments travel through the listeners: with { retval = true } a listener
--                          returns them (all, in that order), possibly changed
--   answers = true         what the listener returns always counts (a veto, a substitute)
--   once_per_target        the room that fires it does so once for each target
-- Options of a family: `options` are the keys of event.listen beyond once, retval, propagate, insert, named; with
-- `propagate` its listeners go to subclasses unless they say propagate = false.
local families = {}

families.engine = {
  { "before_execute", { "conn", "clauseelement", "multiparams", "params", "execution_options" },
    { passes = { "clauseelement", "multiparams", "params" } } },
  { "after_execute", { "conn", "clauseelement", "multiparams", "params", "execution_options", "result" } },
  { "before_cursor_execute", { "conn", "cursor", "statement", "parameters", "context", "executemany" },
    { passes = { "statement", "parameters" } } },
  { "after_cursor_execute", { "conn", "cursor", "statement", "parameters", "context", "executemany" } },
  { "engine_connect", { "conn" } },
  { "set_connection_execution_options", { "conn", "opts" } },
  { "set_engine_execution_options", { "engine", "opts" } },
  { "engine_disposed", { "engine" } },
  { "begin", { "conn" } },
  { "rollback", { "conn" } },
  { "commit", { "conn" } },
  { "savepoint", { "conn", "name" } },
  { "rollback_savepoint", { "conn", "name", "context" } },
  { "release_savepoint", { "conn", "name", "context" } },
  { "begin_twophase", { "conn", "xid" } },
  { "prepare_twophase", { "conn", "xid" } },
  { "rollback_twophase", { "conn", "xid", "is_prepared" } },
  { "commit_twophase", { "conn", "xid", "is_prepared" } },
}

families.dialect = {
  { "do_connect", { "dialect", "conn_rec", "cargs", "cparams" }, { answers = true } },
  { "do_execute", { "cursor", "statement", "parameters", "context" }, { answers = true } },
  { "do_execute_no_params", { "cursor", "statement", "context" }, { answers = true } },
  { "do_executemany", { "cursor", "statement", "parameters", "context" }, { answers = true } },
  { "do_setinputsizes", { "inputsizes", "cursor", "statement", "parameters", "context" } },
  { "handle_error", { "exception_context" }, { answers = true } },
}

families.pool = {
  { "connect", { "dbapi_connection", "connection_record" } },
  { "first_connect", { "dbapi_connection", "connection_record" }, { once_per_target = true } },
  { "checkout", { "dbapi_connection", "connection_record", "connection_proxy" } },
  { "checkin", { "dbapi_connection", "connection_record" } },
  { "reset", { "dbapi_connection", "connection_record", "reset_state" } },
  { "invalidate", { "dbapi_connection", "connection_record", "exception" } },
  { "soft_invalidate", { "dbapi_connection", "connection_record", "exception" } },
  { "close", { "dbapi_connection", "connection_record" } },
  { "detach", { "dbapi_connection", "connection_record" } },
  { "close_detached", { "dbapi_connection" } },
}

families.ddl = {
  { "before_create", { "target", "connection", "kw" } },
  { "after_create", { "target", "connection", "kw" } },
  { "before_drop", { "target", "connection", "kw" } },
  { "after_drop", { "target", "connection", "kw" } },
  { "before_parent_attach", { "target", "parent" } },
  { "after_parent_attach", { "target", "parent" } },
  { "column_reflect", { "inspector", "table", "column_info" } },
}

families.mapper = {
  options = { raw = true },
  { "instrument_class", { "mapper", "class" } },
  { "after_mapper_constructed", { "mapper", "class" } },
  { "before_mapper_configured", { "mapper", "class" }, { answers = true } },
  { "mapper_configured", { "mapper", "class" } },
  { "before_configured", {} },
  { "after_configured", {} },
  { "before_insert", { "mapper", "connection", "target" } },
  { "after_insert", { "mapper", "connection", "target" } },
  { "before_update", { "mapper", "connection", "target" } },
  { "after_update", { "mapper", "connection", "target" } },
  { "before_delete", { "mapper", "connection", "target" } },
  { "after_delete", { "mapper", "connection", "target" } },
}

families.instance = {
  options = { raw = true, restore_load_context = true },
  { "first_init", { "manager", "class" } },
  { "init", { "target", "args", "kwargs" } },
  { "init_failure", { "target", "args", "kwargs" } },
  { "load", { "target", "context" } },
  { "refresh", { "target", "context", "attrs" } },
  { "refresh_flush", { "target", "flush_context", "attrs" } },
  { "expire", { "target", "attrs" } },
  { "pickle", { "target", "state_dict" } },
  { "unpickle", { "target", "state_dict" } },
}

families.attribute = {
  options = { raw = true, active_history = true, include_key = true },
  { "append", { "target", "value", "initiator" }, { passes = { "value" } } },
  { "append_wo_mutation", { "target", "value", "initiator" }, { passes = { "value" } } },
  { "bulk_replace", { "target", "values", "initiator" } },
  { "remove", { "target", "value", "initiator" } },
  { "set", { "target", "value", "oldvalue", "initiator" }, { passes = { "value" } } },
  { "init_scalar", { "target", "value", "dict" }, { passes = { "value" } } },
  { "init_collection", { "target", "collection", "collection_adapter" } },
  { "dispose_collection", { "target", "collection", "collection_adapter" } },
  { "modified", { "target", "initiator" } },
}

families.session = {
  options = { raw = true, restore_load_context = true },
  { "do_orm_execute", { "orm_execute_state" }, { answers = true } },
  { "after_transaction_create", { "session", "transaction" } },
  { "after_transaction_end", { "session", "transaction" } },
  { "before_commit", { "session" } },
  { "after_commit", { "session" } },
  { "after_rollback", { "session" } },
  { "after_soft_rollback", { "session", "previous_transaction" } },
  { "before_flush", { "session", "flush_context", "instances" } },
  { "after_flush", { "session", "flush_context" } },
  { "after_flush_postexec", { "session", "flush_context" } },
  { "after_begin", { "session", "transaction", "connection" } },
  { "before_attach", { "session", "instance" } },
  { "after_attach", { "session", "instance" } },
  { "after_bulk_update", { "update_context" } },
  { "after_bulk_delete", { "delete_context" } },
  { "transient_to_pending", { "session", "instance" } },
  { "pending_to_transient", { "session", "instance" } },
  { "persistent_to_transient", { "session", "instance" } },
  { "pending_to_persistent", { "session", "instance" } },
  { "detached_to_persistent", { "session", "instance" } },
  { "loaded_as_persistent", { "session", "instance" } },
  { "persistent_to_deleted", { "session", "instance" } },
  { "deleted_to_persistent", { "session", "instance" } },
  { "deleted_to_detached", { "session", "instance" } },
  { "persistent_to_detached", { "session", "instance" } },
}

families.query = {
  options = { bake_ok = true }, -- there are no baked queries that a listener could spoil
  { "before_compile", { "query" }, { passes = { "query" } } },
  { "before_compile_update", { "query", "update_context" }, { passes = { "query" } } },
  { "before_compile_delete", { "query", "delete_context" }, { passes = { "query" } } },
}

families.instrumentation = {
  propagate = true,
  { "class_instrument", { "cls" } },
  { "class_uninstrument", { "cls" } },
  { "attribute_instrument", { "cls", "key", "inst" } },
}

-- The families in the order in which a name is looked up, and each event by name.
families.order = { "engine", "dialect", "pool", "ddl", "mapper", "instance", "attribute", "session", "query",
  "instrumentation" }
families.by_name = {}
for _, family in ipairs(families.order) do
  for _, def in ipairs(families[family]) do
    local event = { name = def[1], args = def[2], family = family }
    for key, value in pairs(def[3] or {}) do event[key] = value end
    if event.passes then
      event.pass_at = {}
      for i, name in ipairs(event.passes) do
        for at, arg in ipairs(event.args) do
          if arg == name then event.pass_at[i] = at end
        end
      end
    end
    families.by_name[event.name] = families.by_name[event.name] or {}
    table.insert(families.by_name[event.name], event)
  end
end

return families
