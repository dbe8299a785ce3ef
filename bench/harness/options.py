"""Options come from the environment, so that `make bench NAME=value` and `NAME=value bench/run` agree."""
import os
import sys


def chosen(variable, known, default=None):
    """Names from a list in the environment; all or `default` without one."""
    names = (os.environ.get(variable) or "").replace(",", " ").split() or list(default or known)
    for name in names:
        if name not in known:
            sys.exit("%s: unknown %r; known: %s" % (variable, name, " ".join(known)))
    return names


def number(variable, default):
    return int(os.environ.get(variable) or default)
