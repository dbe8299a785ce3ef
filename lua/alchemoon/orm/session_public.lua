--- Public names of the session half of the ORM.
local core = require "alchemoon.core"
local mapper = require "alchemoon.orm.mapper"
local identity = require "alchemoon.orm.identity"
local Session = require "alchemoon.orm.session"
local SessionTransaction = require "alchemoon.orm.session_transaction"
local scoped = require "alchemoon.orm.scoped"
local sessionmaker = require "alchemoon.orm.sessionmaker"
local symbols = require "alchemoon.orm.symbols"

-- One way to write the key of an object: core.identity_key, which the loaders use per row.
mapper.encode_key = function(values, count) return identity.key(values, count) end
mapper.decode_key = function(key) return core.identity_values and core.identity_values(key) or { key } end

return {
  Session = Session, sessionmaker = sessionmaker.new, scoped_session = scoped.new,
  AsyncSession = Session, async_sessionmaker = sessionmaker.new, async_scoped_session = scoped.new,
  SessionTransaction = SessionTransaction, SessionTransactionOrigin = symbols.origin,
  async_object_session = Session.object_session,
  close_all_sessions = Session.close_all,
}
