"""Medians, spread, in-round ratios and verdicts, from the raw figures of all rounds."""
from statistics import median

from contenders import LUAS, budgets

BASELINES = ("sqla", "sqla-gc-off")
BY_LUA = ("luasql", "luadbi", "floor")


def order_of_figures(raw, db):
    """Figures in the order in which they were first seen."""
    seen = {}
    for sample in raw:
        if sample["db"] == db:
            for figure in sample["figures"]:
                seen.setdefault(figure, len(seen))
    return list(seen)


def values(raw, db, contender, figure):
    """{round: value}"""
    return {sample["round"]: sample["figures"][figure] for sample in raw
            if sample["db"] == db and sample["contender"] == contender and figure in sample["figures"]}


def ratios(raw, db, contender, baseline, figure):
    """The ratio of every round in which both ran."""
    ours, theirs = values(raw, db, contender, figure), values(raw, db, baseline, figure)
    return [ours[at] / theirs[at] for at in sorted(ours) if theirs.get(at, 0) > 0]


def spread(numbers):
    """Half the distance from lowest to highest, as a share of the median."""
    middle = median(numbers)
    return (max(numbers) - min(numbers)) / 2 / middle if middle else 0.0


def baselines(lua):
    return BASELINES + tuple(name + "-" + lua for name in BY_LUA)


def summary(raw, contenders, databases):
    """The computed part of the JSON: one entry per database and figure."""
    entries = []
    for db in databases:
        for figure in order_of_figures(raw, db):
            entry = {"db": db, "figure": figure, "contenders": {}, "ratios": []}
            for name in contenders:
                numbers = list(values(raw, db, name, figure).values())
                if numbers:
                    entry["contenders"][name] = {
                        "median": median(numbers), "min": min(numbers), "max": max(numbers),
                        "spread": spread(numbers), "rounds": len(numbers)}
            for lua in LUAS:
                for baseline in baselines(lua) + ("python",):
                    found = ratios(raw, db, "alchemoon-" + lua, baseline, figure)
                    if found:
                        entry["ratios"].append({"contender": "alchemoon-" + lua, "to": baseline,
                                                "median": median(found), "min": min(found), "max": max(found)})
            entry["budgets"] = verdicts(raw, entry)
            entries.append(entry)
    return entries


def verdicts(raw, entry):
    found = []
    for baseline, bounds in budgets(entry["figure"], entry["db"]):
        for contender, bound in bounds.items():
            if contender not in entry["contenders"]:
                continue
            value = entry["contenders"][contender]["median"]
            if baseline is not None:
                in_round = ratios(raw, entry["db"], contender, baseline, entry["figure"])
                if not in_round:
                    continue
                value = median(in_round)
            found.append({"contender": contender, "to": baseline, "bound": bound, "value": value,
                          "met": value <= bound})
    return found


def number(value):
    if value >= 1000:
        return "%.0f" % value
    return "%.3g" % value if value >= 0.0001 or value == 0 else "%.1e" % value


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head] + rows) for i in range(len(head))]
    lines = []
    for row in [head, ["-" * width for width in widths]] + rows:
        cells = [str(row[0]).ljust(widths[0])] + [str(cell).rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def median_table(entries, db, contenders):
    present = [name for name in contenders
               if any(name in entry["contenders"] for entry in entries if entry["db"] == db)]
    rows = []
    for entry in entries:
        if entry["db"] == db:
            row = [entry["figure"]]
            for name in present:
                cell = entry["contenders"].get(name)
                row.append("%s ±%.0f%%" % (number(cell["median"]), cell["spread"] * 100) if cell else "–")
            rows.append(row)
    return table(["figure"] + present, rows)


def ratio_table(entries, db):
    rows = []
    for entry in entries:
        if entry["db"] != db or not entry["ratios"]:
            continue
        by = {(ratio["contender"], ratio["to"]): ratio for ratio in entry["ratios"]}
        row = [entry["figure"]]
        for lua in LUAS:
            for to in baselines(lua):
                ratio = by.get(("alchemoon-" + lua, to))
                row.append("%s (%s–%s)" % (number(ratio["median"]), number(ratio["min"]), number(ratio["max"]))
                           if ratio else "–")
        rows.append(row)
    head = ["figure"] + ["%s/%s" % (lua, to) for lua in LUAS for to in BASELINES + BY_LUA]
    return table(head, rows) if rows else "no ratios: alchemoon or every other contender is missing"


def budget_table(entries):
    rows = []
    for entry in entries:
        for verdict in entry["budgets"]:
            rows.append([entry["figure"], entry["db"], verdict["contender"], verdict["to"] or "absolute",
                         number(verdict["value"]), "≤ " + number(verdict["bound"]),
                         "met" if verdict["met"] else "MISSED ×%.2f" % (verdict["value"] / verdict["bound"])])
    return table(["figure", "database", "contender", "against", "value", "budget", "verdict"], rows) if rows else ""


SHORT = (("alchemoon-5.4", "5.4"), ("alchemoon-jit", "LuaJIT"))


def summary_rows(document):
    """One row per database and figure that has a budget: seconds, ratios within rounds, budget, verdict."""
    rows = []
    for entry in document["entries"]:
        verdicts_of = {}
        for verdict in entry["budgets"]:
            verdicts_of.setdefault(verdict["to"], {})[verdict["contender"]] = verdict
        for baseline, by in verdicts_of.items():
            medians = entry["contenders"]
            against = number(medians[baseline]["median"]) if baseline in medians else "–"
            row = [entry["figure"] if baseline != "sqla-gc-off" else entry["figure"] + " (its collector off)",
                   entry["db"], against]
            row += [number(medians[name]["median"]) if name in medians else "–" for name, _ in SHORT]
            row += [number(by[name]["value"]) if name in by else "–" for name, _ in SHORT]
            bounds = ["%.3g" % by[name]["bound"] for name, _ in SHORT if name in by]
            missed = [short for name, short in SHORT if name in by and not by[name]["met"]]
            row += [" / ".join(dict.fromkeys(bounds)), "missed: " + ", ".join(missed) if missed else "met"]
            rows.append(row)
    return rows


def summary_text(document):
    """What stands in README.md: machine, versions, and the figures that have a budget."""
    machine = document["machine"]
    head = ["figure", "database", "SQLAlchemy", "Lua 5.4", "LuaJIT", "5.4 : it", "JIT : it", "budget", ""]
    cpu = ", ".join(document.get("cpu_clock", []))
    note = "; %s: CPU seconds of the process, which other programs on the machine disturb less" % cpu if cpu else ""
    return ("\nMeasured on %s: %s; %s GiB; %s; %s; %s; %s; %s; commit %s. Load before: %.1f. %d rounds, all contenders "
            "interleaved;\nseconds (medians%s),\nand the median of the ratios within rounds, which is what to trust "
            "on a busy machine."
            "\n\n%s\n\n"
            % (machine["date"], machine["cpu"], machine["memory_gib"], machine["system"], machine["lua"],
               machine["luajit"], machine["python"], "; ".join(machine["databases"]), machine["commit"],
               machine["load_before"], document["rounds"], note, table(head, summary_rows(document))))


def text(document, contenders):
    machine = document["machine"]
    parts = ["%s; %s; %s GiB; %s" % (machine["date"], machine["cpu"], machine["memory_gib"], machine["system"]),
             "%s; %s; %s; %s; commit %s" % (machine["lua"], machine["luajit"], machine["python"],
                                            "; ".join(machine["databases"]), machine["commit"]),
             "%d rounds, BENCH_ROWS=%d; seconds unless the name says otherwise; median ± half the range"
             % (document["rounds"], document["rows"])]
    for db in document["databases"]:
        parts += ["", "## %s: medians" % db, "", median_table(document["entries"], db, contenders),
                  "", "## %s: alchemoon against others, in-round ratios: median (lowest–highest)" % db, "",
                  ratio_table(document["entries"], db)]
    verdict = budget_table(document["entries"])
    if verdict:
        parts += ["", "## budgets", "", verdict]
    if document["rows"] != 100000:
        parts += ["", "Sizes differ from the names (BENCH_ROWS=%d): the budgets hold for 100000." % document["rows"]]
    if document["errors"]:
        parts += ["", "## failures", ""] + ["- %(contender)s %(db)s %(workload)s round %(round)d: %(error)s" % error
                                            for error in document["errors"]]
    return "\n".join(parts) + "\n"
