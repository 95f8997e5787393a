"""A job whose records are not in memory, against the same job when they are.

Pages that a process has mapped stay in memory whatever one asks, so the server is stopped before the records' file is
dropped from the page cache. What the disk or its host caches beyond the kernel stays there.
"""
import os

import server
from result import Result
from tools import median, output_of, say, timed


def drop(path):
    """Drops a file from the page cache; the share of it that is still there."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    resident = int(output_of("fincore", "--bytes", "--noheadings", "--output", "RES", path) or 0)
    return resident / max(1, path.stat().st_size)


def _round(data, body):
    """(seconds cold, seconds warm, share that was in memory when the cold job began)."""
    files = list((data.enrichd / "records/person").glob("segment-*.data"))
    for path in files:
        drop(path)
    with server.start(data) as running:
        client = server.Client(running)
        resident = max(int(output_of("fincore", "--bytes", "--noheadings", "--output", "RES", path)) / path.stat().st_size
                       for path in files)
        cold = timed(client.job, body)
        warm = median([timed(client.job, body) for _ in range(3)])
    return cold, warm, resident


def measure(data, _folder):
    say("cold against warm")
    rounds = [_round(data, server.body_of(data.identifiers(path))) for path in data.lists[:5]]
    cold, warm = (median([values[i] for values in rounds]) * 1000 for i in range(2))
    resident = max(values[2] for values in rounds)
    note = f"{100 * resident:.0f} % of the records were in memory when it began"
    return [Result(f"job of {data.job:,}, default fields, cold", "the same job, warm", cold, warm, "ms", cold / warm, 15, note=note),
            Result(f"job of {data.job:,}, default fields, cold", "half a second", cold, 500, "ms", cold / 500, 1)]
