--- Public names of the session half of the ORM.
local core_inspection = require "alchemoon.inspection"
local instance = require "alchemoon.orm.instance"
local mapper = require "alchemoon.orm.mapper"
local identity = require "alchemoon.orm.identity"
local inspection = require "alchemoon.orm.inspection"
local Session = require "alchemoon.orm.session"
local SessionTransaction = require "alchemoon.orm.session_transaction"
local scoped = require "alchemoon.orm.scoped"
local session_objects = require "alchemoon.orm.session_objects"
local sessionmaker = require "alchemoon.orm.sessionmaker"

--- The key of an object in the identity map, for the loaders.
mapper.encode_key = function(values, count) return identity.key(values, count) end

core_inspection.register(instance.is, inspection.of)

return {
  Session = Session, sessionmaker = sessionmaker.new, scoped_session = scoped.new,
  AsyncSession = Session, async_sessionmaker = sessionmaker.new, async_scoped_session = scoped.new,
  SessionTransaction = SessionTransaction,
  object_session = Session.object_session, async_object_session = Session.object_session,
  close_all_sessions = Session.close_all,
  make_transient = session_objects.public.make_transient,
  make_transient_to_detached = session_objects.public.make_transient_to_detached,
  flag_modified = inspection.flag_modified, flag_dirty = inspection.flag_dirty,
  set_committed_value = inspection.set_committed_value, identity_key = inspection.identity_key,
  get_history = inspection.history,
}
