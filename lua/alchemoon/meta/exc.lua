---@meta _
--- What editors know of am.exc.

---@class alchemoon
local am = {}


am.exc = {}

---@type alchemoon.Error
am.exc.AmbiguousForeignKeysError = {}

---@type alchemoon.Error
am.exc.ArgumentError = {}

---@type alchemoon.Error
am.exc.AwaitRequired = {}

---@type alchemoon.Error
am.exc.Base20DeprecationWarning = {}

---@type alchemoon.Error
am.exc.CircularDependencyError = {}

---@type alchemoon.Error
am.exc.CompileError = {}

---@type alchemoon.Error
am.exc.ConcurrentModificationError = {}

---@type alchemoon.Error
am.exc.ConstraintColumnNotFoundError = {}

---@type alchemoon.Error
am.exc.DBAPIError = {}

---@type alchemoon.Error
am.exc.DataError = {}

---@type alchemoon.Error
am.exc.DatabaseError = {}

---@type alchemoon.Error
am.exc.DetachedInstanceError = {}

---@type alchemoon.Error
am.exc.DisconnectionError = {}

---@type alchemoon.Error
am.exc.DontWrapMixin = {}

---@type alchemoon.Error
am.exc.DuplicateColumnError = {}

---@type alchemoon.Error
am.exc.Error = {}

---@type alchemoon.Error
am.exc.FlushError = {}

---@type alchemoon.Error
am.exc.HasDescriptionCode = {}

---@type alchemoon.Error
am.exc.IdentifierError = {}

---@type alchemoon.Error
am.exc.IllegalStateChangeError = {}

---@type alchemoon.Error
am.exc.IntegrityError = {}

---@type alchemoon.Error
am.exc.InterfaceError = {}

---@type alchemoon.Error
am.exc.InternalError = {}

---@type alchemoon.Error
am.exc.InvalidRequestError = {}

---@type alchemoon.Error
am.exc.InvalidatePoolError = {}

---@type alchemoon.Error
am.exc.LegacyAPIWarning = {}

---@type alchemoon.Error
am.exc.LoaderStrategyException = {}

---@type alchemoon.Error
am.exc.MappedAnnotationError = {}

---@type alchemoon.Error
am.exc.MemoryError = {}

---@type alchemoon.Error
am.exc.MissingGreenlet = {}

---@type alchemoon.Error
am.exc.MovedIn20Warning = {}

---@type alchemoon.Error
am.exc.MultipleResultsFound = {}

---@type alchemoon.Error
am.exc.NoForeignKeysError = {}

---@type alchemoon.Error
am.exc.NoInspectionAvailable = {}

---@type alchemoon.Error
am.exc.NoReferenceError = {}

---@type alchemoon.Error
am.exc.NoReferencedColumnError = {}

---@type alchemoon.Error
am.exc.NoReferencedTableError = {}

---@type alchemoon.Error
am.exc.NoResultFound = {}

---@type alchemoon.Error
am.exc.NoSuchColumnError = {}

---@type alchemoon.Error
am.exc.NoSuchModuleError = {}

---@type alchemoon.Error
am.exc.NoSuchTableError = {}

---@type alchemoon.Error
am.exc.NotSupportedError = {}

---@type alchemoon.Error
am.exc.ObjectDeletedError = {}

---@type alchemoon.Error
am.exc.ObjectDereferencedError = {}

---@type alchemoon.Error
am.exc.ObjectNotExecutableError = {}

---@type alchemoon.Error
am.exc.OperationalError = {}

---@type alchemoon.Error
am.exc.PendingRollbackError = {}

---@type alchemoon.Error
am.exc.ProgrammingError = {}

---@type alchemoon.Error
am.exc.ResourceClosedError = {}

---@type alchemoon.Error
am.exc.SADeprecationWarning = {}

---@type alchemoon.Error
am.exc.SAPendingDeprecationWarning = {}

---@type alchemoon.Error
am.exc.SATestSuiteWarning = {}

---@type alchemoon.Error
am.exc.SAWarning = {}

am.exc.SQLAlchemyError = am.exc.Error

am.exc.StaleDataError = am.exc.ConcurrentModificationError

---@type alchemoon.Error
am.exc.StatementError = {}

---@type alchemoon.Error
am.exc.TimeoutError = {}

---@type alchemoon.Error
am.exc.UnboundExecutionError = {}

---@type alchemoon.Error
am.exc.UnmappedClassError = {}

---@type alchemoon.Error
am.exc.UnmappedColumnError = {}

---@type alchemoon.Error
am.exc.UnmappedError = {}

---@type alchemoon.Error
am.exc.UnmappedInstanceError = {}

---@type alchemoon.Error
am.exc.UnreflectableTableError = {}

---@type alchemoon.Error
am.exc.UnsupportedCompilationError = {}

---@type alchemoon.Error
am.exc.define = {}

---@type alchemoon.Error
am.exc.format_params = {}

---@type alchemoon.Error
am.exc.is = {}

---@type alchemoon.Error
am.exc.raise = {}

---@type alchemoon.Error
am.exc.raise_not_a_method = {}

---@type alchemoon.Error
am.exc.rethrow = {}

---@type alchemoon.Error
am.exc.show_value = {}

return am
