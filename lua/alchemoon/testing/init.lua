--- `alchemoon.testing` (also `am.testing`): helpers for the tests of programs, in any test framework.
local factory = require "alchemoon.testing.factory"
local n_plus_one = require "alchemoon.testing.n_plus_one"
local sandbox = require "alchemoon.testing.sandbox"
local statements = require "alchemoon.testing.statements"
local namespace = require "alchemoon.namespace"

return namespace.close({
  count_statements = statements.count,
  record = statements.record,
  assert_statement_count = statements.assert_count,
  assert_executed = statements.assert_executed,
  sandbox = sandbox.sandbox,
  session = sandbox.session,
  factory = factory.factory,
  sequence = factory.sequence,
  detect_n_plus_one = n_plus_one.detect,
}, "am.testing")
