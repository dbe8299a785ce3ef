-- Conditions that a statement gets because of its entities: of single-table inheritance and of with_loader_criteria().
local am = require "alchemoon"
local executed = require "support.executed"
local select = am.select

local function sql(stmt) return (stmt:compile({ dialect = "default" }).sql:gsub("%s+", " ")) end

describe("criteria of entities", function()
  local Base, Employee, Engineer, Report, criteria

  setup(function()
    Base = am.declarative_base()
    Employee = Base:model("Employee", { __tablename__ = "employees",
      id = am.Column(am.Integer, { primary_key = true }), kind = am.Column(am.String(10)),
      reports = am.relationship("Report", { back_populates = "employee" }),
      __mapper_args__ = { polymorphic_on = "kind", polymorphic_identity = "employee" } })
    Engineer = Base:model("Engineer", { __extends__ = Employee,
      __mapper_args__ = { polymorphic_identity = "engineer" } })
    Report = Base:model("Report", { __tablename__ = "reports", id = am.Column(am.Integer, { primary_key = true }),
      employee_id = am.Column(am.ForeignKey "employees.id"),
      employee = am.relationship("Employee", { back_populates = "reports" }) })
    am.configure_mappers()
    criteria = am.with_loader_criteria(Employee, Employee.id:gt(5), { include_aliases = true })
  end)

  it("hold for the entity that a join begins with, whether it is selected or not", function()
    local want = "SELECT reports.id FROM employees JOIN reports ON employees.id = reports.employee_id "
      .. "WHERE employees.kind IN (__[POSTCOMPILE_kind_1])"
    assert.equal(want, sql(select(Report.id):select_from(Engineer):join(Engineer.reports)))
    assert.equal(want, sql(select(Report.id):join_from(Engineer, Report, Engineer.reports)))
    assert.equal(want, sql(select(Report.id):select_from(am.join(Engineer, Report, Engineer.reports))))
    local e1 = am.aliased(Engineer)
    assert.equal("SELECT reports.id FROM employees AS employees_1 JOIN reports ON employees_1.id = "
      .. "reports.employee_id WHERE employees_1.kind IN (__[POSTCOMPILE_kind_1])",
      sql(select(Report.id):select_from(am.join(e1, Report, e1.reports))))
  end)

  it("hold there for with_loader_criteria() too", function()
    assert.equal("SELECT reports.id FROM employees JOIN reports ON employees.id = reports.employee_id "
      .. "WHERE employees.id > :id_1", sql(select(Report.id):join_from(Employee, Report):options(criteria)))
    local e1 = am.aliased(Employee)
    assert.equal("SELECT reports.id FROM employees AS employees_1 JOIN reports ON employees_1.id = "
      .. "reports.employee_id WHERE employees_1.id > :id_1",
      sql(select(Report.id):select_from(am.join(e1, Report, e1.reports)):options(criteria)))
  end)

  it("of the statement come before those of and_(), in joins and in loaders", function()
    local some = Report.employee:and_(Employee.kind:ne "x")
    assert.equal("SELECT reports.id FROM reports JOIN employees ON employees.id = reports.employee_id "
      .. "AND employees.id > :id_1 AND employees.kind != :kind_1", sql(select(Report.id):join(some):options(criteria)))
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine):begin(function(session) session:add(Report { employee = Employee {} }) end)
    local log = executed.record(engine, { params = false })
    for _, loader in ipairs { "lazyload", "selectinload", "subqueryload" } do
      am.Session(engine, function(session)
        local report = session:scalars(select(Report):options(am[loader](some), criteria)):one()
        assert.is_nil(report.employee)
        assert.matches("AND employees.id > %? AND employees.kind != %?", (log:take()[2]:gsub("WHERE", "AND")))
      end)
    end
    engine:dispose()
  end)

  it("said about a mixin or a base class need include_aliases to reach what is built upon it", function()
    local option = am.with_loader_criteria(Employee, Employee.id:gt(5))
    assert.equal("SELECT employees.id FROM employees WHERE employees.id > :id_1",
      sql(select(Employee.id):options(option)))
    assert.equal("SELECT employees.id FROM employees WHERE employees.kind IN (__[POSTCOMPILE_kind_1])",
      sql(select(Engineer.id):options(option)))
    assert.equal("SELECT employees.id FROM employees WHERE employees.id > :id_1 AND employees.kind IN "
      .. "(__[POSTCOMPILE_kind_1])", sql(select(Engineer.id):options(criteria)))
  end)

  it("stand once in the statement of a subquery loader", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      for i = 4, 7 do session:add(Employee { id = i, kind = "employee", reports = { Report {}, Report {} } }) end
      session:commit()
      local list = session:scalars(select(Employee):options(criteria, am.subqueryload(Employee.reports))):all()
      assert.equal(2, #list)
      assert.same({ 2, 2 }, { #list[1].reports, #list[2].reports })
    end)
    engine:dispose()
  end)

  it("leave a many-to-one to the identity map", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      local boss = Employee { id = 1, kind = "employee", reports = { Report {} } }
      session:add(boss)
      session:commit()
      local known = session:get(Employee, 1)
      local report = session:scalars(select(Report):options(criteria)):one()
      assert.equal(known, report.employee)
    end)
    engine:dispose()
  end)

  it("hold once for expressions over attributes", function()
    assert.equal("SELECT employees.id AS x FROM employees WHERE employees.id > :id_1",
      sql(select(Employee.id:label("x")):options(criteria)))
    assert.equal("SELECT count(employees.id) AS count_1 FROM employees WHERE employees.id > :id_1",
      sql(select(am.func.count(Employee.id)):options(criteria)))
  end)

  it("have parameters of their own under an alias", function()
    local e1 = am.aliased(Engineer, select(Engineer):subquery())
    assert.equal("SELECT anon_1.id, anon_1.kind FROM (SELECT employees.id AS id, employees.kind AS kind FROM employees "
      .. "WHERE employees.kind IN (__[POSTCOMPILE_kind_1])) AS anon_1 WHERE anon_1.kind IN (__[POSTCOMPILE_kind_2])",
      sql(select(e1)))
  end)

  it("hold in a join that contains_eager() takes for of_type()", function()
    local stmt = select(Report):join(Report.employee:of_type(Engineer))
      :options(am.contains_eager(Report.employee:of_type(Engineer)))
    assert.equal("SELECT employees.id, employees.kind, reports.id AS id_1, reports.employee_id FROM reports "
      .. "JOIN employees ON employees.id = reports.employee_id AND employees.kind IN (__[POSTCOMPILE_kind_1])",
      sql(stmt))
  end)

  it("hold within UNIONs, INSERT FROM SELECT, and CTEs of an UPDATE", function()
    local both = am.union(select(Report.id), select(Employee.id))
    assert.equal("SELECT reports.id FROM reports UNION SELECT employees.id FROM employees WHERE employees.id > :id_1",
      sql(both:options(criteria)))
    assert.equal("SELECT reports.id FROM reports UNION SELECT employees.id FROM employees WHERE employees.id > :id_1",
      sql(select(Report.id):from_statement(both):options(criteria)))
    assert.equal("INSERT INTO reports (id) SELECT employees.id FROM employees WHERE employees.id > :id_1",
      sql(am.insert(Report):from_select({ "id" }, select(Employee.id)):options(criteria)))
    local cte = select(Employee.id):cte("c")
    assert.matches("^WITH c AS %(SELECT employees%.id AS id FROM employees WHERE employees%.id > :id_1%) ",
      sql(am.update(Report.__table__):values { employee_id = 1 }:where(Report.__table__.c.id:eq(cte.c.id))
        :options(criteria)))
  end)

  it("of a function have parameters of their own wherever they hold, of a condition the same ones", function()
    local above = function(least)
      return am.with_loader_criteria(Employee, function(class) return class.id:gt(least) end,
        { include_aliases = true })
    end
    local other = am.aliased(Employee)
    local pairs_of = select(Employee.kind, other.kind):join(other, other.id:eq(Employee.id))
    local text = "SELECT employees.kind, employees_1.kind AS kind_1 FROM employees JOIN employees AS employees_1 "
      .. "ON employees_1.id = employees.id AND employees_1.id > :id_1 WHERE employees.id > "
    assert.equal(text .. ":id_2", sql(pairs_of:options(above(5))))
    assert.equal(text .. ":id_1", sql(pairs_of:options(criteria)))
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      for i = 1, 4 do session:add(Employee { id = i }) end
      local count = function(least) return #session:execute(pairs_of:options(above(least))):all() end
      assert.same({ 3, 1 }, { count(1), count(3) }) -- the second time with the text of the first
    end)
    engine:dispose()
  end)

  it("hold when a Query is counted", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      for i = 4, 8 do session:add(Employee { id = i }) end
      assert.equal(3, session:query(Employee):options(criteria):count())
    end)
    engine:dispose()
  end)

  it("let a UNION of entities be flushed for", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    am.Session(engine, function(session)
      session:add(Report { id = 1 })
      local both = am.union(select(Report.id), select(Report.id))
      assert.equal(1, #session:execute(both):all())
      session:add(Report { id = 2 })
      assert.equal(1, #session:execute(both, nil, { autoflush = false }):all())
    end)
    engine:dispose()
  end)

  it("stand in the SELECTs of a legacy UNION, not around it", function()
    local engine = am.create_engine "sqlite://"
    am.Session(engine, function(session)
      local query = session:query(Employee)
      local text = tostring(query:filter(Employee.id:eq(6)):union(query:filter(Employee.id:eq(7))):options(criteria))
      assert.equal(2, _G.select(2, text:gsub("employees.id > ", "")))
      assert.is_nil(text:find("anon_1.employees_id >", 1, true))
    end)
    engine:dispose()
  end)

  it("that are not propagated hold for loaders of the statement, not for what is loaded later", function()
    local engine = am.create_engine "sqlite://"
    Base.metadata:create_all(engine)
    local some = am.with_loader_criteria(Report, Report.id:gt(1), { propagate_to_loaders = false })
    am.Session(engine, function(session)
      session:add(Employee { id = 6, reports = { Report { id = 1 }, Report { id = 2 } } })
      session:commit()
      for loader, count in pairs { selectinload = 1, subqueryload = 1, joinedload = 2, lazyload = 2 } do
        session:expunge_all()
        local found = session:scalars(am.select(Employee):options(am[loader](Employee.reports), some)):unique():one()
        assert.equal(count, #found.reports, loader)
        session:expire(found)
        assert.equal(2, #found.reports, loader)
      end
    end)
    engine:dispose()
  end)

  -- Loads with values of their own, one after the other; each goes on along the references and must see its own only.
  local function leaks(Chain, loads)
    local engine, value, found = am.create_engine "sqlite://", nil, {}
    Chain.metadata:create_all(engine)
    am.Session(engine):begin(function(session)
      for t = 1, 4 do
        local a, b, c = Chain.A { id = t, t = t }, Chain.B { id = t, t = t }, Chain.C { id = t, t = t }
        a.next, b.next, c.next = b, c, Chain.D { id = t, t = t }
        session:add(a)
      end
    end)
    am.event.listen(engine, "before_cursor_execute", function(_, _, text, params)
      for _, given in ipairs(params) do
        if given ~= value then found[#found + 1] = ("%s instead of %s: %s"):format(given, value, text) end
      end
    end)
    for _, load in ipairs(loads) do
      value = load[1]
      am.Session(engine, function(session)
        local obj = load[3](session, load[1])
        for _ = 1, load[2] do obj = obj and obj.next end
      end)
    end
    engine:dispose()
    return found
  end

  local function chain()
    local Chain = am.declarative_base()
    for _, pair in ipairs { { "D" }, { "C", "D" }, { "B", "C" }, { "A", "B" } } do
      local name, target = pair[1], pair[2]
      Chain[name] = Chain:model(name, { __tablename__ = name:lower(),
        id = am.Column(am.Integer, { primary_key = true }),
        t = am.Column(am.Integer), next_id = target and am.Column(am.ForeignKey(target:lower() .. ".id")),
        next = target and am.relationship(target) })
    end
    return Chain
  end

  local function own_of(Chain, t)
    local list = {}
    for i, name in ipairs { "B", "C", "D" } do
      list[i] = am.with_loader_criteria(Chain[name], function(cls) return cls.t:eq(t) end, { include_aliases = true })
    end
    return (table.unpack or unpack)(list) -- luacheck: ignore 113
  end

  it("keep the values of their statement in every later load", function()
    local Chain = chain()
    local function by_statement(session, t)
      return session:scalars(select(Chain.A):where(Chain.A.id:eq(t)):options(own_of(Chain, t))):one()
    end
    local again
    local function by_the_first(session, t)
      again = again or select(Chain.A):where(Chain.A.id:eq(t)):options(own_of(Chain, t))
      return session:scalars(again):one()
    end
    local function by_another(session, t)
      return session:scalars(select(Chain.A):where(Chain.A.id:eq(t), Chain.A.t:eq(t)):options(own_of(Chain, t))):one()
    end
    assert.same({}, leaks(Chain, { { 1, 0, by_the_first }, { 2, 1, by_statement }, { 3, 2, by_statement },
      { 1, 3, by_the_first }, { 4, 3, by_statement }, { 2, 3, by_another }, { 3, 2, by_another },
      { 1, 3, by_another } }))
  end)

  it("keep those that a listener gives to get() and to the loaders themselves", function()
    for _, of_all in ipairs { true, false } do
      local Chain = chain()
      local function listening(session, t)
        am.event.listen(session, "do_orm_execute", function(state)
          if of_all or not state.is_relationship_load and not state.is_column_load then
            state.statement = state.statement:options(own_of(Chain, t))
          end
        end)
      end
      local function by_get(session, t)
        listening(session, t)
        return session:get(Chain.A, t)
      end
      local function by_statement(session, t)
        listening(session, t)
        return session:scalars(select(Chain.A):where(Chain.A.id:eq(t))):one()
      end
      local function refreshed(session, t)
        local obj = by_get(session, t)
        session:expire(obj)
        return obj
      end
      assert.same({}, leaks(Chain, { { 1, 0, by_get }, { 2, 1, by_get }, { 3, 2, by_get }, { 1, 3, by_get },
        { 4, 3, refreshed }, { 2, 3, by_statement }, { 3, 3, by_statement }, { 1, 2, refreshed } }))
    end
  end)
end)
