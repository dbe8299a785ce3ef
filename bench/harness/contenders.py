"""Who takes part, and with what: the one list that runner, table and plot grow from."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(ROOT, "bench")
PYTHON = "/usr/bin/python3"  # Debian's: the one that sees python3-sqlalchemy
# BENCH_PYTHONPATH: a folder with another SQLAlchemy (pip install --target FOLDER sqlalchemy psycopg2-binary).
PYTHONPATH = os.environ.get("BENCH_PYTHONPATH") or None


def _bench(*parts):
    return os.path.join(BENCH, *parts)


# name: (command, colour in the plot, what it is)
CONTENDERS = {
    "alchemoon-5.4": (["lua5.4", _bench("alchemoon.lua")], "#1f5fbf", "alchemoon on Lua 5.4"),
    "alchemoon-jit": (["luajit", _bench("alchemoon.lua")], "#0a9bb5", "alchemoon on LuaJIT"),
    "sqla": ([PYTHON, _bench("contenders", "sqla.py")], "#c0392b", "SQLAlchemy, default collector"),
    "sqla-gc-off": ([PYTHON, _bench("contenders", "sqla.py"), "--gc-off"], "#e08e79",
                    "SQLAlchemy, gc.disable()"),
    "python": ([PYTHON, _bench("contenders", "pydriver.py")], "#b8860b", "sqlite3 / psycopg2 by hand"),
    "luasql-5.4": (["lua5.4", _bench("contenders", "luasql.lua")], "#6c3483", "LuaSQL by hand, Lua 5.4"),
    "luasql-jit": (["luajit", _bench("contenders", "luasql.lua")], "#a569bd", "LuaSQL by hand, LuaJIT"),
    "luadbi-5.4": (["lua5.4", _bench("contenders", "luadbi.lua")], "#1e8449", "LuaDBI by hand, Lua 5.4"),
    "luadbi-jit": (["luajit", _bench("contenders", "luadbi.lua")], "#58d68d", "LuaDBI by hand, LuaJIT"),
    "floor-5.4": (["lua5.4", _bench("contenders", "floor.lua")], "#444444", "C floor, Lua 5.4"),
    "floor-jit": (["luajit", _bench("contenders", "floor.lua")], "#999999", "C floor, LuaJIT"),
}

LUAS = ("5.4", "jit")
DATABASES = ("sqlite", "pg")

# name: (database it starts from, pinned to one CPU on PostgreSQL, runs on every database)
WORKLOADS = {
    "orm_insert_100k": ("empty", False, True),
    "core_bulk_insert_100k": ("empty", False, True),
    "orm_load_100k": ("full", False, True),
    "core_rows_100k": ("full", False, True),
    "get_by_pk_10k": ("full", True, True),
    "selectin_load": ("full", False, True),
    "joined_load": ("full", False, True),
    "update_10k": ("full", False, True),
    "identity_hit_1M": ("full", False, False),
    "attr": ("full", False, False),
    "compile_cached": ("full", True, True),
}
WRITING = ("orm_insert_100k", "core_bulk_insert_100k", "update_10k")

# Budgets of alchemoon: (figure, databases, baseline or None for an absolute bound, bound on 5.4, on LuaJIT).
BUDGETS = [
    ("orm_insert_100k", ["sqlite"], "sqla", .06, .06),
    ("orm_insert_100k", ["pg"], "sqla", .08, .08),
    ("core_bulk_insert_100k", ["sqlite"], "sqla", .20, .20),
    ("core_bulk_insert_100k", ["pg"], "sqla", .22, .22),
    ("orm_load_100k", ["sqlite"], "sqla", .11, .11),
    ("orm_load_100k", ["sqlite"], "sqla-gc-off", .4, .4),
    ("orm_load_100k", ["pg"], "sqla", .12, .12),
    ("orm_load_100k.bytes_per_row", ["sqlite"], None, 300, 300),
    ("core_rows_100k", ["sqlite", "pg"], "sqla", .5, .5),
    ("core_rows_100k.touched", ["sqlite", "pg"], "sqla", .40, .40),
    ("get_by_pk_10k", ["sqlite"], "sqla", .035, .035),
    ("get_by_pk_10k", ["pg"], "sqla", .12, .12),
    ("selectin_load", ["sqlite", "pg"], "sqla", .12, .12),
    ("joined_load", ["sqlite", "pg"], "sqla", .18, .18),
    ("update_10k", ["sqlite", "pg"], "sqla", .13, .13),
    # Stated as nanoseconds on a machine where SQLAlchemy takes 1.3 us for an identity hit, 102 and 304 ns for an
    # attribute, 24 and 63 us for a statement: ratios travel to other machines, nanoseconds do not.
    ("identity_hit_1M", ["sqlite"], "sqla", 60 / 1300, 20 / 1300),
    ("attr.read", ["sqlite"], "sqla", 35 / 102, 2 / 102),
    ("attr.write", ["sqlite"], "sqla", 60 / 304, 10 / 304),
    ("compile_cached.construct+key+lookup+params", ["sqlite", "pg"], "sqla", 2 / 24, 2 / 24),
    ("compile_cached.execute_null_driver", ["sqlite", "pg"], "sqla", 4 / 63, 4 / 63),
]


def budgets(figure, db):
    """[(baseline, {contender: bound})] for one figure on one database."""
    return [(baseline, {"alchemoon-5.4": bound54, "alchemoon-jit": boundjit})
            for name, dbs, baseline, bound54, boundjit in BUDGETS if name == figure and db in dbs]
