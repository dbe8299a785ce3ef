"""The table as a picture: one line per workload and database, one dot per contender.

Position is the median of the in-round ratios to SQLAlchemy on a logarithmic scale: left is faster.
"""
from html import escape
from math import log10
from statistics import median

from contenders import CONTENDERS, budgets
from report import ratios

LEFT, RIGHT, TOP, LINE = 380, 30, 110, 22
WIDTH = 1040
LOW, HIGH = 0.0003, 3.0
TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
SHOWN = ("orm_insert_100k", "core_bulk_insert_100k", "orm_load_100k", "orm_load_100k.touched",
         "orm_load_100k.bytes_per_row", "core_rows_100k", "core_rows_100k.touched", "get_by_pk_10k",
         "selectin_load", "joined_load", "update_10k", "identity_hit_1M", "attr.read", "attr.write",
         "attr.first_write", "compile_cached.construct", "compile_cached.construct+key+lookup+params",
         "compile_cached.execute_null_driver", "compile_cached.execute")


def _lines(document):
    for figure in SHOWN:
        for db in document["databases"]:
            dots = []
            for name in reversed(CONTENDERS):  # ours last: drawn on top
                found = ratios(document["raw"], db, name, "sqla", figure)
                if found:
                    dots.append((name, median(found), min(found), max(found)))
            if dots:
                yield figure, db, dots


def _x(ratio):
    ratio = min(max(ratio, LOW), HIGH)
    return LEFT + (WIDTH - LEFT - RIGHT) * (log10(ratio) - log10(LOW)) / (log10(HIGH) - log10(LOW))


def _legend(parts):
    x, y = 20, 44
    for _, colour, label in CONTENDERS.values():
        step = 30 + 6.2 * len(label)
        if x + step > WIDTH:
            x, y = 20, y + 18
        parts.append('<circle cx="%d" cy="%d" r="5" fill="%s"/><text x="%d" y="%d">%s</text>'
                     % (x, y - 4, colour, x + 9, y, escape(label)))
        x += step


def _row(parts, y, figure, db, dots):
    parts.append('<text x="%d" y="%d" text-anchor="end">%s · %s</text>' % (LEFT - 12, y + 4, escape(figure), db))
    for baseline, bounds in budgets(figure, db):
        if baseline == "sqla":
            parts.append('<path d="M%.1f %d v18" stroke="#1f5fbf" stroke-width="2" stroke-dasharray="3 2"/>'
                         % (_x(bounds["alchemoon-5.4"]), y - 9))
    for name, middle, low, high in dots:
        colour = CONTENDERS[name][1]
        parts.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s" stroke-opacity="0.5" stroke-width="3"/>'
                     '<circle cx="%.1f" cy="%d" r="5" fill="%s" fill-opacity="0.9"><title>%s: %.4g</title></circle>'
                     % (_x(low), y, _x(high), y, colour, _x(middle), y, colour, escape(name), middle))


def svg(document):
    lines = list(_lines(document))
    height = TOP + LINE * len(lines) + 50
    machine = document["machine"]
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
             'font-family="sans-serif" font-size="12">' % (WIDTH, height, WIDTH, height),
             '<rect width="100%" height="100%" fill="white"/>',
             '<text x="20" y="22" font-size="15" font-weight="bold">Time (or memory) relative to SQLAlchemy: '
             '1 = SQLAlchemy, left is less, logarithmic</text>']
    _legend(parts)
    for tick in TICKS:
        parts.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/>'
                     '<text x="%.1f" y="%d" text-anchor="middle" fill="#555">%g</text>'
                     % (_x(tick), TOP - 12, _x(tick), height - 40, "#888" if tick == 1 else "#ddd",
                        _x(tick), height - 25, tick))
    for at, (figure, db, dots) in enumerate(lines):
        y = TOP + LINE * at
        if at % 2 == 0:
            parts.append('<rect x="10" y="%d" width="%d" height="%d" fill="#000" fill-opacity="0.03"/>'
                         % (y - LINE // 2, WIDTH - 20, LINE))
        _row(parts, y, figure, db, dots)
    parts.append('<text x="20" y="%d" fill="#555">%s, %s, %d rounds; bars: lowest to highest round; '
                 'dashed: budget</text>'
                 % (height - 8, escape(machine["cpu"]), machine["date"], document["rounds"]))
    parts.append("</svg>\n")
    return "\n".join(parts)
