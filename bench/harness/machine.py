"""What a run needs on the machine, and what the machine is."""
import datetime
import os
import subprocess

from contenders import PYTHON, PYTHONPATH, ROOT


def install():
    """tools/need installs missing Debian packages, or names them and fails."""
    subprocess.run([os.path.join(ROOT, "tools", "need"), "bench", "lua5.4", "luajit"], check=True)


def _output(*command):
    env = dict(os.environ, **({"PYTHONPATH": PYTHONPATH} if PYTHONPATH else {}))
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env=env)
    except FileNotFoundError:
        return "missing"
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else ""


def _field(path, separator, key, default):
    with open(path) as file:
        for line in file:
            name, _, value = line.partition(separator)
            if name.strip() == key:
                return value.strip().strip('"')
    return default


def describe(databases):
    python = _output(PYTHON, "-c", "import sys, sqlalchemy, psycopg2; print('Python %s, SQLAlchemy %s, psycopg2 %s'"
                     " % (sys.version.split()[0], sqlalchemy.__version__, psycopg2.__version__.split()[0]))")
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": "%s, %d cores" % (_field("/proc/cpuinfo", ":", "model name", "unknown processor"),
                                 len(os.sched_getaffinity(0))),
        "memory_gib": int(_field("/proc/meminfo", ":", "MemTotal", "0").split()[0]) // 1024 // 1024,
        "system": _field("/etc/os-release", "=", "PRETTY_NAME", "unknown system"),
        "lua": _output("lua5.4", "-v").split("  ")[0],
        "luajit": _output("luajit", "-v").split(" -- ")[0],
        "python": python,
        "databases": [database.version for database in databases],
        "commit": _output("git", "-C", ROOT, "rev-parse", "--short", "HEAD"),
        "load_before": os.getloadavg()[0],
    }
