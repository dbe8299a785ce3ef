--- Public names of the session half of the ORM.
local Session = require "alchemoon.orm.session"
local SessionTransaction = require "alchemoon.orm.session_transaction"
local scoped = require "alchemoon.orm.scoped"
local sessionmaker = require "alchemoon.orm.sessionmaker"
local symbols = require "alchemoon.orm.symbols"

return {
  Session = Session, sessionmaker = sessionmaker.new, scoped_session = scoped.new,
  AsyncSession = Session, async_sessionmaker = sessionmaker.new, async_scoped_session = scoped.new,
  SessionTransaction = SessionTransaction, SessionTransactionOrigin = symbols.origin,
  async_object_session = Session.object_session,
  close_all_sessions = Session.close_all,
}
