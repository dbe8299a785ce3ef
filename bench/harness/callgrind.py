"""Instructions instead of seconds: a contender under callgrind, and what it executed between two readings of its clock.

Its clock (floor/clock.c, `bench_steps`) cuts the profile at each reading and answers powers of two, so that a difference
names the parts that lie between.
"""
import os
import re

SHARES = (("alchemoon", ("/alchemoon/", "/floor_")), ("lua", ("/lua5", "/luajit", "/liblua")),
          ("sqlite", ("/libsqlite3",)), ("libc", ("/libc.", "/libc-", "/libm.")))
ENVIRONMENT = {"BENCH_CLOCK": "bench_steps"}


def command(words, out):
    """The command under callgrind, which writes its parts to `out`.1, `out`.2 ... LuaJIT without its compiler: what that
    compiles differs from run to run."""
    if os.path.basename(words[0]) == "luajit":
        words = [words[0], "-joff"] + words[1:]
    return ["setarch", "-R", "valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, "--compress-pos=no",
            "--smc-check=all-non-file"] + words


def share_of(path):
    for name, marks in SHARES:
        if any(mark in path for mark in marks):
            return name
    return "other"


def self_costs(path):
    """{share: instructions} of one callgrind part. Lines after `calls=` are inclusive and not counted."""
    costs, names, current, skip = {}, {}, "other", False
    with open(path) as file:
        for line in file:
            if line.startswith("ob="):
                number, name = re.match(r"ob=\((\d+)\)(?: (.*))?", line).groups()
                if name:
                    names[number] = share_of(name)
                current = names[number]
            elif line.startswith("cob="):
                number, name = re.match(r"cob=\((\d+)\)(?: (.*))?", line).groups()
                if name:
                    names[number] = share_of(name)
            elif line.startswith("calls="):
                skip = True
            elif line[0].isdigit() or line[0] in "+-*":
                if not skip:
                    costs[current] = costs.get(current, 0) + int(line.split()[1])
                skip = False
    return costs


def interval(value, scales=(1,)):
    """Readings are powers of two, so a difference names its two clock calls: (first, last) or None."""
    for scale in scales:
        whole = round(value / scale)
        if whole > 1 and abs(value / scale - whole) < 1e-6 * whole:
            low = (whole & -whole).bit_length() - 1
            above = (whole >> low) + 1
            if above & (above - 1) == 0:
                return low, low + above.bit_length() - 1
    return None


def costs(value, out, scales=(1,)):
    """What a figure of such a contender stands for: ({share: instructions}, factor by which it scaled them); None for a
    figure that is no time."""
    between = interval(value, scales)
    if between is None:
        return None
    total = {}
    for part in range(between[0] + 1, between[1] + 1):
        for share, cost in self_costs("%s.%d" % (out, part)).items():
            total[share] = total.get(share, 0) + cost
    return total, value / (2 ** between[1] - 2 ** between[0])
