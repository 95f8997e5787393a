"""A number of people beside a tenth of them, in one bounded memory: import, disk, look-ups.

Nobody writes the people to a file: the generator feeds the import through a pipe. Records are compressed, as is advised where
they do not fit the memory. Both stores are served at the same time and take turns; the first pass over the lists finds
nothing in memory but the index, the later ones what the first has read.
"""
import os
import shutil
import subprocess
import time

import machine
import server
from data import ENRICHD, JOB, LISTS, PEOPLE
from result import Result, Skip, Table
from rows.cold import allowed_ms, drop, record_files
from tools import PROGRAMS, Task, median, own_memory, random_reads, say, timed

MEMORY = int(os.environ.get("ENRICHD_BENCH_MEMORY", "8")) << 30
IMPORT_MEMORY = 512 << 20  # import.memory, which is left as it is by default
BYTES_A_PERSON = 1100      # on disk, compressed
WARM_PASSES = 3
MIB, MB = 1 << 20, 1e6


class Store:
    """A data folder of so many people, and what was measured of it."""

    def __init__(self, folder, count):
        self.enrichd = folder / f"enrichd-{count}"
        self.count = count
        self.lists = [self._list(i + 1) for i in range(LISTS)]
        self.rates, self.import_bytes, self.cold, self.warm = [], 0, [], []

    def _list(self, seed):
        words = ("identifiers", "--count", self.count, "--take", min(JOB, self.count // 2), "--hits", 90, "--list-seed", seed)
        return subprocess.run([PEOPLE, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()

    def load(self, compression):
        """Imports the people, into an empty folder."""
        shutil.rmtree(self.enrichd, ignore_errors=True)
        begin = time.monotonic()
        with _generator(self.count, subprocess.PIPE) as people:
            with subprocess.Popen([ENRICHD, "import", "person", "-", "--data", self.enrichd], stdin=people.stdout,
                                  stderr=subprocess.DEVNULL, cwd=self.enrichd.parent,
                                  env={**os.environ, "ENRICHD_IMPORT_COMPRESSION": compression}) as importing:
                people.stdout.close()
                self._watch(importing, begin)
        if importing.returncode or people.returncode:
            raise RuntimeError(f"the import of {self.count:,} people failed")
        seconds = time.monotonic() - begin
        self.rates.append(self.count / seconds)
        say(f"{self.count:,} people, compression {compression}: {seconds:.0f} s, {self.count / seconds:,.0f} a second")

    def _watch(self, importing, begin):
        """Notes how much memory of its own the import takes at most; says now and then how far it is."""
        said = begin
        while importing.poll() is None:
            self.import_bytes = max(self.import_bytes, own_memory(importing.pid))
            if time.monotonic() - said > 30:
                said = time.monotonic()
                say(f"{said - begin:.0f} s: {self.size('*') / MB:,.0f} MB are written")
            time.sleep(0.05)

    def size(self, kind):
        """Bytes of the segments' files: of `data`, of `index`."""
        return sum(path.stat().st_size for path in (self.enrichd / "records/person").glob(f"segment-*.{kind}"))

    def submit(self, client, seconds):
        """One job a list."""
        for identifiers in self.lists:
            yield seconds.append(timed(client.job, server.body_of(identifiers)))


def _generator(count, out):
    return subprocess.Popen([PEOPLE, "records", "--count", str(count)], stdout=out)


def _json_bytes(count):
    """What so many people would take as JSONL."""
    with _generator(count, subprocess.PIPE) as people:
        counted = subprocess.run(["wc", "-c"], check=True, stdin=people.stdout, stdout=subprocess.PIPE)
    return int(counted.stdout)


def _bound_memory():
    """(what holds the rest of the memory, a sentence about it)."""
    free = machine.available_memory()
    if free <= MEMORY:
        return None, f"The machine had no more than {free / MIB / 1024:.1f} GiB of memory free."
    try:
        ballast = Task(PROGRAMS / "bench_ballast", MEMORY, waits_for_ready=True)
    except RuntimeError as error:
        return None, f"The memory was not bounded ({error}); {free / MIB / 1024:.1f} GiB were free."
    return ballast, (f"All memory but {MEMORY >> 30} GiB was locked away (`bench/ballast.c`) before the imports and until the last job: "
                     "what enrichd and the page cache of its files took together.")


def _look_up(small, large):
    """Cold, then warm jobs, in turns. How much memory of their own the servers took."""
    for store in (small, large):
        drop(record_files(store))
    with server.start(small) as one, server.start(large) as other:
        clients = [server.Client(running) for running in (one, other)]
        for attempt in range(1 + WARM_PASSES):
            say(f"look-ups, {'warm' if attempt else 'cold'}")
            turns = [store.submit(client, store.warm if attempt else store.cold) for store, client in zip((small, large), clients)]
            for _ in zip(*turns):
                pass
        return [own_memory(running.process.pid) for running in (one, other)]


def _results(small, large, reads):
    cold, warm, warm_small = (median(values) * 1000 for values in (large.cold, large.warm, small.warm))
    rate, rate_small = (median(store.rates) for store in (large, small))
    allowed = allowed_ms(reads)
    job = f"job of {len(large.lists[0]):,}, default fields"
    return [Result(f"{job}, of {large.count:,} people, warm", f"of {small.count:,}", warm, warm_small, "ms", warm / warm_small, 1.5),
            Result(f"{job}, of {large.count:,} people, cold", "half a second, or what the disk needs", cold, allowed, "ms",
                   cold / allowed, 1, note=f"random reads of 4 KiB here: {reads:,}/s; {median(small.cold) * 1000:,.0f} ms of "
                                           f"{small.count:,} people"),
            Result(f"import of {large.count:,} people", f"of {small.count:,}", rate, rate_small, "records/s", rate / rate_small, 0.8, True,
                   note="from the generator's pipe, compressed, synced"),
            Result(f"own memory of the import of {large.count:,}", "`import.memory`", large.import_bytes / MIB, IMPORT_MEMORY / MIB,
                   "MiB", large.import_bytes / IMPORT_MEMORY, 1)]


def _table(text, small, large, plain, json_bytes, server_bytes):
    stores = (small, large)

    def row(name, figure):
        return [name, *(figure(store) for store in stores)]

    per_person = json_bytes / small.count
    return Table(text, ["", *(f"{store.count:,} people" for store in stores)], [
        row("JSONL, MB", lambda store: f"{per_person * store.count / MB:,.0f}"),
        ["records, plain, MB", f"{plain / MB:,.0f}", ""],
        row("records, compressed, MB", lambda store: f"{store.size('data') / MB:,.0f}"),
        row("index, MB", lambda store: f"{store.size('index') / MB:,.0f}"),
        row("segments", lambda store: f"{len(record_files(store))}"),
        row("import, records/s", lambda store: f"{median(store.rates):,.0f}"),
        row("import, own memory at most, MiB", lambda store: f"{store.import_bytes / MIB:,.0f}"),
        row("job, cold, ms", lambda store: f"{median(store.cold) * 1000:,.0f}"),
        row("job, warm, ms", lambda store: f"{median(store.warm) * 1000:,.1f}"),
        ["server, own memory, MiB", *(f"{taken / MIB:,.0f}" for taken in server_bytes)]])


def _measure(small, large, text):
    json_bytes = _json_bytes(small.count)
    small.load("none")
    plain = small.size("data")
    small.rates.clear()
    small.load("all")
    large.load("all")
    small.load("all")  # again: what the machine does differently by then counts for both
    server_bytes = _look_up(small, large)
    reads = random_reads(max(record_files(large), key=lambda path: path.stat().st_size))
    return [*_results(small, large, reads), _table(text, small, large, plain, json_bytes, server_bytes)]


def measure(data, folder):
    needed, free = data.count * BYTES_A_PERSON * 3 // 2, shutil.disk_usage(folder).free
    if needed > free:
        return [Skip(f"{data.count:,} people", f"needs {needed >> 30} GiB of disk, and {free >> 30} are free")]
    small, large = Store(folder, data.count // 10), Store(folder, data.count)
    ballast, text = _bound_memory()
    say(text)
    try:
        return _measure(small, large, text)
    finally:
        if ballast:
            ballast.stop()
