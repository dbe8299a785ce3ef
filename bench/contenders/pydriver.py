#!/usr/bin/python3
"""Python's drivers by hand: sqlite3 and psycopg2, rows as tuples, no objects, no tracking."""
import sqlite3

from common import (KEYS, ROWS, SIZE, check, clock, customer_description, customer_name, emit, main,
                    rss_kb, rss_peak_kb)

SELECT = "SELECT id, name, description FROM customer"
PARAM = {"sqlite": "?", "pg": "%s"}


def connect(db, target):
    if db == "sqlite":
        conn = sqlite3.connect(target)
        conn.execute("PRAGMA synchronous=OFF")
        return conn
    import psycopg2
    return psycopg2.connect(target)


def core_bulk_insert_100k(db, target):
    conn = connect(db, target)
    rows = [(customer_name(i), customer_description(i)) for i in range(1, ROWS + 1)]
    t0 = clock()
    cursor = conn.cursor()
    if db == "sqlite":
        cursor.executemany("INSERT INTO customer (name, description) VALUES (?, ?)", rows)
    else:
        from psycopg2.extras import execute_values
        execute_values(cursor, "INSERT INTO customer (name, description) VALUES %s", rows, page_size=1000)
    conn.commit()
    emit("core_bulk_insert_100k", clock() - t0)


def core_rows_100k(db, target):
    conn = connect(db, target)
    cursor = conn.cursor()
    before = rss_kb()
    t0 = clock()
    cursor.execute(SELECT)
    rows = cursor.fetchall()
    t1 = clock()
    count = 0
    for row in rows:
        if row[0] and row[1] and row[2]:
            count += 1
    t2 = clock()
    check(count == ROWS, "rows")
    emit("core_rows_100k", t1 - t0)
    emit("core_rows_100k.touched", t2 - t0)
    emit("core_rows_100k.rss_peak_kb", rss_peak_kb())
    emit("core_rows_100k.bytes_per_row", (rss_kb() - before) * 1024 / len(rows))


def get_by_pk_10k(db, target):
    conn = connect(db, target)
    cursor = conn.cursor()
    sql = SELECT + " WHERE id = " + PARAM[db]
    t0 = clock()
    for key in KEYS:
        cursor.execute(sql, (key,))
        if cursor.fetchone()[0] != key:
            check(False, "key")
    emit("get_by_pk_10k", clock() - t0)


def selectin_load(db, target):
    conn = connect(db, target)
    cursor = conn.cursor()
    t0 = clock()
    cursor.execute("SELECT id, name FROM users")
    users = [{"id": row[0], "name": row[1], "posts": []} for row in cursor.fetchall()]
    by_id = {user["id"]: user for user in users}
    for start in range(0, len(users), 500):
        keys = [user["id"] for user in users[start:start + 500]]
        cursor.execute("SELECT id, user_id, title FROM posts WHERE user_id IN (%s)"
                       % ",".join([PARAM[db]] * len(keys)), keys)
        for row in cursor.fetchall():
            by_id[row[1]]["posts"].append({"id": row[0], "user_id": row[1], "title": row[2]})
    emit("selectin_load", clock() - t0)
    check(len(users) == SIZE["users"] and len(users[-1]["posts"]) == SIZE["posts_per_user"], "posts")


def joined_load(db, target):
    conn = connect(db, target)
    cursor = conn.cursor()
    t0 = clock()
    cursor.execute("SELECT u.id, u.name, p.id, p.user_id, p.title FROM users u"
                   " LEFT JOIN posts p ON p.user_id = u.id")
    users = {}
    for row in cursor.fetchall():
        user = users.get(row[0])
        if user is None:
            user = users[row[0]] = {"id": row[0], "name": row[1], "posts": []}
        if row[2] is not None:
            user["posts"].append({"id": row[2], "user_id": row[3], "title": row[4]})
    emit("joined_load", clock() - t0)
    check(len(users) == SIZE["users"], "users")


def update_10k(db, target):
    conn = connect(db, target)
    cursor = conn.cursor()
    t0 = clock()
    cursor.execute(SELECT + " WHERE id <= " + PARAM[db], (SIZE["updates"],))
    rows = cursor.fetchall()
    t1 = clock()
    changes = [("changed %d" % i, row[0]) for i, row in enumerate(rows)]
    t2 = clock()
    if db == "sqlite":
        cursor.executemany("UPDATE customer SET description = ? WHERE id = ?", changes)
    else:
        from psycopg2.extras import execute_batch
        execute_batch(cursor, "UPDATE customer SET description = %s WHERE id = %s", changes, page_size=1000)
    conn.commit()
    t3 = clock()
    check(len(rows) == SIZE["updates"], "rows")
    emit("update_10k", t3 - t0)
    emit("update_10k.load", t1 - t0)
    emit("update_10k.modify", t2 - t1)
    emit("update_10k.commit", t3 - t2)


if __name__ == "__main__":
    main(globals())
