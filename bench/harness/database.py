"""The databases: a prepared copy per process, the same durability for all.

SQLite: WAL files (the contenders say synchronous=OFF). PostgreSQL: a private cluster without
fsync (spec/support/pg_cluster.sh), one database per process that writes.
"""
import os
import shutil
import sqlite3
import subprocess
import tempfile

from contenders import ROOT

POSTS_PER_USER = 20

SCHEMA = """
CREATE TABLE customer (id {serial} PRIMARY KEY, name VARCHAR(255), description VARCHAR(255));
CREATE TABLE users (id {serial} PRIMARY KEY, name VARCHAR(255));
CREATE TABLE posts (id {serial} PRIMARY KEY, user_id INTEGER REFERENCES users (id), title VARCHAR(255));
CREATE INDEX ix_posts_user_id ON posts (user_id);
"""

FILL = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
  INSERT INTO customer (id, name, description) SELECT i, 'customer name ' || i, 'customer description ' || i FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {users})
  INSERT INTO users (id, name) SELECT i, 'user name ' || i FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {posts})
  INSERT INTO posts (id, user_id, title) SELECT i, (i - 1) / {per_user} + 1, 'post title ' || i FROM n;
"""


def fill_sql(rows):
    users = max(1, rows // 100)
    return FILL.format(rows=rows, users=users, posts=users * POSTS_PER_USER, per_user=POSTS_PER_USER)


class Sqlite:
    name = "sqlite"
    version = "SQLite " + sqlite3.sqlite_version

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="alchemoon-bench-")
        self.serial = 0

    def _template(self, kind, rows):
        path = os.path.join(self.folder, "%s-%s.db" % (kind, rows if kind == "full" else 0))
        if not os.path.exists(path):
            conn = sqlite3.connect(path, isolation_level=None)
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("PRAGMA synchronous=OFF")
            conn.executescript("BEGIN;" + SCHEMA.format(serial="INTEGER") + "COMMIT;")
            if kind == "full":
                conn.executescript("BEGIN;" + fill_sql(rows) + "COMMIT; ANALYZE;")
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            conn.close()
        return path

    def open(self, kind, rows, _writes):
        """Path of a fresh copy for one process; close() removes it."""
        self.serial += 1
        path = os.path.join(self.folder, "run%d.db" % self.serial)
        shutil.copyfile(self._template(kind, rows), path)
        return path

    def close(self, path):
        for end in ("", "-wal", "-shm"):
            if os.path.exists(path + end):
                os.unlink(path + end)

    def forget(self, rows):
        self.close(os.path.join(self.folder, "full-%s.db" % rows))

    def pin(self, cpu):
        """SQLite runs inside the client: nothing to pin."""

    def stop(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    name = "pg"

    def __init__(self):
        self.folder = os.path.join(tempfile.mkdtemp(prefix="ambench-", dir="/tmp"), "pg")
        os.chmod(os.path.dirname(self.folder), 0o755)
        self.script = os.path.join(ROOT, "spec", "support", "pg_cluster.sh")
        self.all_cpus = os.sched_getaffinity(0)
        self.templates = set()
        self.serial = 0
        out = subprocess.run(["sh", self.script, "start", self.folder], check=True, stdout=subprocess.PIPE,
                             stdin=subprocess.DEVNULL, text=True).stdout
        self.url = out.split()[-1]
        for setting in ("autovacuum = off", "max_wal_size = '8GB'", "checkpoint_timeout = '1h'"):
            self.sql("ALTER SYSTEM SET " + setting)  # nothing in the background of a measurement
        self.sql("SELECT pg_reload_conf()")
        self.version = "PostgreSQL " + self.sql("SHOW server_version").strip()

    def _url(self, database):
        head, _, tail = self.url.partition("?")
        return head.rsplit("/", 1)[0] + "/" + database + ("?" + tail if tail else "")

    def sql(self, text, database=None):
        url = self._url(database) if database else self.url
        return subprocess.run(["psql", url, "-qAt", "-v", "ON_ERROR_STOP=1"], input=text, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def _template(self, kind, rows):
        name = "bench_%s_%d" % (kind, rows if kind == "full" else 0)
        if name not in self.templates:
            self.sql("CREATE DATABASE " + name)
            self.sql(SCHEMA.format(serial="SERIAL"), name)
            if kind == "full":
                self.sql(fill_sql(rows), name)
                self.sql("VACUUM (FREEZE, ANALYZE)", name)
            self.sql("CHECKPOINT")
            self.templates.add(name)
        return name

    def open(self, kind, rows, writes):
        """URL of a database for one process: its own if it writes. close() drops that."""
        template = self._template(kind, rows)
        if not writes:
            return self._url(template)
        self.serial += 1
        name = "bench_run_%d" % self.serial
        self.sql("CREATE DATABASE %s TEMPLATE %s" % (name, template))
        return self._url(name)

    def close(self, url):
        name = url.split("?")[0].rsplit("/", 1)[1]
        if name.startswith("bench_run_"):
            self.sql("DROP DATABASE %s WITH (FORCE)" % name)

    def forget(self, rows):
        name = "bench_full_%d" % rows
        if name in self.templates:
            self.sql("DROP DATABASE " + name)
            self.templates.discard(name)

    def pin(self, cpu):
        """Backends that start from now on run on that CPU only; None lifts it."""
        with open(os.path.join(self.folder, "data", "postmaster.pid")) as file:
            pid = int(file.readline())
        os.sched_setaffinity(pid, {cpu} if cpu is not None else self.all_cpus)

    def stop(self):
        subprocess.run(["sh", self.script, "stop", self.folder], check=False, stdin=subprocess.DEVNULL)
        shutil.rmtree(os.path.dirname(self.folder), ignore_errors=True)


DATABASES = {"sqlite": Sqlite, "pg": Postgres}
