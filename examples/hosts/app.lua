-- What the examples of this folder have in common: a model, where it is kept, and a call that takes its time.
local am = require "alchemoon"

local Base = am.declarative_base()
local Visit = Base:model("Visit", { __tablename__ = "host_visits",
  id = am.Column(am.Integer, { primary_key = true }), name = am.Column(am.String(20)) })

local app = { url = os.getenv "ALCHEMOON_TEST_PG" or "sqlite:///visits.db" }

function app.prepare(engine)
  Base.metadata:drop_all(engine)
  Base.metadata:create_all(engine)
end

--- Notes a visit. On PostgreSQL the server thinks about it for a tenth of a second.
function app.visit(engine, name)
  am.Session(engine):begin(function(session)
    session:add(Visit{ name = name })
    if engine.name == "postgresql" then session:execute(am.text "select pg_sleep(0.1)") end
  end)
end

function app.count(engine)
  return am.Session(engine, function(session) return session:scalar(am.select(am.func.count(Visit.id))) end)
end

return app
