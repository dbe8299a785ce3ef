--- The public names of this room; README.md says what stands where.
local create = require "alchemoon.engine.create"
local pools = require "alchemoon.engine.pool"
local result = require "alchemoon.engine.result"
local transaction = require "alchemoon.engine.transaction"
local url = require "alchemoon.engine.url"

return {
  create_engine = create.create_engine,
  create_async_engine = create.create_async_engine,
  create_mock_engine = require("alchemoon.engine.mock").create_mock_engine,
  engine_from_config = create.engine_from_config,
  async_engine_from_config = create.engine_from_config,
  Engine = require "alchemoon.engine.engine",
  Connection = require "alchemoon.engine.connection",
  Pool = pools.Pool,
  QueuePool = pools.QueuePool,
  NullPool = pools.NullPool,
  StaticPool = pools.StaticPool,
  SingletonThreadPool = pools.SingletonThreadPool,
  AssertionPool = pools.AssertionPool,
  AsyncAdaptedQueuePool = pools.QueuePool,
  URL = url.URL,
  make_url = url.make_url,
  Result = result.Result,
  ScalarResult = result.ScalarResult,
  MappingResult = result.MappingResult,
  Transaction = transaction.Transaction,
  RootTransaction = transaction.RootTransaction,
  NestedTransaction = transaction.NestedTransaction,
  TwoPhaseTransaction = transaction.TwoPhaseTransaction,
}
