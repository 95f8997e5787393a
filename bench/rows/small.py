"""Jobs of ten identifiers one after the other, against one durable commit of SQLite."""
import sqlite3

import server
from result import Result
from tools import median, say, timed

ROUNDS, A_ROUND = 10, 20


def _open(path):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, body BLOB)")
    return connection


def _commit(connection):
    connection.execute("INSERT INTO job (body) VALUES (?)", (b"x" * 200,))


def measure(data, folder):
    say("jobs of ten")
    identifiers = data.identifiers(data.lists[0])
    bodies = [server.body_of(identifiers[i:i + 10]) for i in range(0, 10 * A_ROUND, 10)]
    database = _open(folder / "commit.db")
    ours, theirs = [], []
    with server.start(data) as running:
        client = server.Client(running)
        for body in bodies:
            client.job(body)
        for _ in range(ROUNDS):
            ours += [timed(client.job, body) for body in bodies]
            theirs += [timed(_commit, database) for _ in bodies]
    database.close()
    job, commit = median(ours) * 1000, median(theirs) * 1000
    return [Result("job of 10, one after the other", "one SQLite commit (WAL, FULL, 200 bytes)", job, commit, "ms", job / commit, 8)]
