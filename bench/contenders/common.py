"""What the Python contenders share: sizes, output, memory; the twin of bench/lib/bench.lua."""
import os
import sys
import time

ROWS = int(os.environ.get("BENCH_ROWS") or 100000)
SIZE = {
    "users": max(1, ROWS // 100),
    "posts_per_user": 20,
    "gets": max(1, ROWS // 10),
    "updates": max(1, ROWS // 10),
    "hits": ROWS * 10,
    "attr_objects": min(100, ROWS),
    "held": int(os.environ.get("BENCH_HELD") or 0),
}
KEYS = [(i * 7919) % ROWS + 1 for i in range(1, SIZE["gets"] + 1)]

# BENCH_CPU: seconds that this process has computed instead of seconds that have passed.
clock = time.process_time if os.environ.get("BENCH_CPU") else time.perf_counter

WORKLOADS = """orm_insert_100k core_bulk_insert_100k orm_load_100k core_rows_100k get_by_pk_10k
selectin_load joined_load update_10k identity_hit_1M attr compile_cached held_session""".split()


def emit(name, value):
    print("%s %.9f" % (name, value))


def check(condition, what):
    if not condition:
        raise AssertionError("wrong result: " + what)


def customer_name(i):
    return "customer name %d" % i


def customer_description(i):
    return "customer description %d" % i


def _status_kb(key):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def rss_kb():
    return _status_kb("VmRSS")


def rss_peak_kb():
    return _status_kb("VmHWM")


def pg_url(target, scheme):
    return scheme + target[target.index("://"):]


def main(names):
    if len(sys.argv) != 4 or sys.argv[1] not in ("sqlite", "pg"):
        sys.exit("usage: %s {sqlite|pg} TARGET WORKLOAD" % sys.argv[0])
    db, target, workload = sys.argv[1:]
    run = names.get(workload) if workload in WORKLOADS else None
    if run is None:
        sys.stderr.write("not offered: %s\n" % workload)
        sys.exit(3)
    run(db, target)
