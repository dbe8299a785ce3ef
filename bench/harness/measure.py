"""Runs one contender once: its own process, its own database, its figures."""
import os
import subprocess
import tempfile

import callgrind
from contenders import BENCH, CONTENDERS, PYTHONPATH, ROOT, WORKLOADS, WRITING

TIMEOUT = int(os.environ.get("TIMEOUT") or 600)
HELD_REPEATS = 100000  # operations that one figure of held_session stands for


class ContenderError(Exception):
    """A contender that failed, hung or answered nonsense."""


def environment(rows, held=0):
    env = dict(os.environ, BENCH_ROWS=str(rows), BENCH_HELD=str(held), PYTHONHASHSEED="0",
               PYTHONDONTWRITEBYTECODE="1")
    env.pop("LUA_INIT", None)
    if PYTHONPATH:
        env["PYTHONPATH"] = PYTHONPATH
    return env


def counts_cpu(name, client=False):
    """Are figures on this database CPU seconds? Only where it runs inside the process; with `client` on PostgreSQL
    as well, without what the server does."""
    return os.environ.get("CLOCK") == "cpu" and (client or name == "sqlite")


def counted(lines, out):
    """The figures of a contender that ran under callgrind, as instructions."""
    figures = {}
    for name, value in lines:
        found = callgrind.costs(value, out, (1, 1 / HELD_REPEATS))
        if found is not None:
            figures[name] = sum(found[0].values()) * found[1]
    return figures


def run(contender, database, workload, rows, held=0, client=False):
    """{figure: value}; None if the contender does not offer the workload."""
    if client and os.environ.get("CLOCK") == "instructions":
        with tempfile.TemporaryDirectory() as folder:
            return run_once(contender, database, workload, rows, held, client, os.path.join(folder, "callgrind.out"))
    return run_once(contender, database, workload, rows, held, client, None)


def run_once(contender, database, workload, rows, held, client, profile):
    kind, pinned, _ = WORKLOADS.get(workload, ("full", False, True))
    command = CONTENDERS[contender][0]
    target = database.open(kind, rows, workload in WRITING)
    pinned = pinned and database.name == "pg"
    try:
        if pinned:
            cpu = max(os.sched_getaffinity(0))
            database.pin(cpu)
            command = ["taskset", "-c", str(cpu)] + command
        env = environment(rows, held)
        if counts_cpu(database.name, client):
            env["BENCH_CPU"] = "1"
        command = command + [database.name, target, workload]
        if profile:
            command = callgrind.command(command, profile)
            env.update(callgrind.ENVIRONMENT)
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise ContenderError("no answer after %d s" % TIMEOUT) from None
    finally:
        if pinned:
            database.pin(None)
        database.close(target)
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        raise ContenderError("exit %d: %s" % (done.returncode, done.stderr.strip()[-2000:]))
    lines = [(name, float(value)) for name, value in (line.split() for line in done.stdout.splitlines())]
    figures = counted(lines, profile) if profile else dict(lines)
    if not figures:
        raise ContenderError("printed no figure")
    return figures


def make(*arguments):
    """make, without the variables of a make that may have called us."""
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")}
    subprocess.run(("make", "-s") + arguments, check=True, env=env)


def build(luas, floor=("all",)):
    """The library and the floor for the Luas that take part."""
    for lua in luas:
        program = {"jit": "luajit", "5.4": "lua5.4"}[lua]
        make("-C", ROOT, "all", "LUA=" + program)
        make("-C", os.path.join(BENCH, "floor"), "LUA=" + program, *floor)
