"""A job whose records are not in memory, against the same job when they are.

Pages that a process has mapped stay in memory whatever one asks, so the server is stopped before the records' file is
dropped from the page cache. What the disk or its host caches beyond the kernel stays there. How long a cold job may take is
said for disks with a rate of random reads, which is measured on the same file right after.
"""
import os

import server
from result import Result
from tools import median, output_of, random_reads, say, timed

READS = 60000  # a second: a cold job then has half a second
LIMIT_MS = 500


def record_files(data):
    return sorted((data.enrichd / "records/person").glob("segment-*.data"))


def drop(paths):
    """Drops files from the page cache; nobody may have them mapped."""
    for path in paths:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident(paths):
    """Which share of the files is in the page cache."""
    cached = sum(int(output_of("fincore", "--bytes", "--noheadings", "--output", "RES", path)) for path in paths)
    return cached / sum(path.stat().st_size for path in paths)


def allowed_ms(reads):
    """What a cold job may take where the disk gives so many random reads a second."""
    return LIMIT_MS * max(1, READS / reads)


def _round(data, body):
    """(seconds cold, seconds warm, share that was in memory when the cold job began)."""
    files = record_files(data)
    drop(files)
    with server.start(data) as running:
        client = server.Client(running)
        share = resident(files)
        cold = timed(client.job, body)
        warm = median([timed(client.job, body) for _ in range(3)])
    return cold, warm, share


def measure(data, _folder):
    say("cold against warm")
    rounds = [_round(data, server.body_of(data.identifiers(path))) for path in data.lists[:5]]
    cold, warm = (median([values[i] for values in rounds]) * 1000 for i in range(2))
    share = max(values[2] for values in rounds)
    reads = random_reads(max(record_files(data), key=lambda path: path.stat().st_size))
    allowed = allowed_ms(reads)
    return [Result(f"job of {data.job:,}, default fields, cold", "the same job, warm", cold, warm, "ms", cold / warm, 15,
                   note=f"{100 * share:.0f} % of the records were in memory when it began"),
            Result(f"the time of a cold job of {data.job:,}", "half a second, or what the disk needs", cold, allowed, "ms",
                   cold / allowed, 1,
                   note=f"random reads of 4 KiB here: {reads:,}/s; below {READS:,}/s the limit grows in proportion")]
