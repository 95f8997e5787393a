"""A job of 10,000 identifiers from POST to `completed`, against its bare parts and against other ways to do it.

Everything that is compared stays up, and the rounds take turns: one list of identifiers a round, each contestant twice, of which
the second time counts: together they take most of the memory, and one drives the other's files out of it. A first pass over
all lists keeps the result lines; what everybody was loaded from leaves the memory before.
"""
import collections
import subprocess

import server
from data import families
from peers.duckdb import DuckDb
from peers.parts import Parts
from peers.postgres import Postgres
from peers.python_dict import PythonDict
from peers.redis import Redis
from result import Result, Skip
from rows.cold import drop
from tools import Skipped, median, say, timed

PEERS = ((Redis, 10), (Postgres, 15), (PythonDict, 20), (DuckDb, 30))
LABELS = {"default": "default fields", "all": "all fields"}


class Peers:
    """Those that take part, by their aims; one that fails leaves, and the others go on."""

    def __init__(self):
        self.aims, self.skips = {}, []
        for make, aim in PEERS:
            try:
                self.aims[make()] = aim
            except Skipped as error:
                self._skip(make, error)

    def open(self, data, folder):
        self.do(lambda peer: self._open(peer, data, folder / type(peer).__name__.lower()))

    def _open(self, peer, data, place):
        place.mkdir()
        seconds = timed(peer.open, data, place)
        say(f"loaded {peer.name} in {seconds:.0f} s")

    def _skip(self, peer, error):
        say(f"without {peer.name}: {error}")
        self.skips.append(Skip(peer.name, str(error), not isinstance(error, Skipped)))

    def do(self, action):
        for peer in list(self.aims):
            try:
                action(peer)
            except (Skipped, OSError, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
                self._skip(peer, error)
                del self.aims[peer]
                _close(peer)

    def close(self):
        for peer in self.aims:
            _close(peer)


def _close(peer):
    try:
        peer.close()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        say(f"{peer.name} did not end well: {error}")


def _bodies(data, fields):
    return [server.body_of(data.identifiers(path), fields) for path in data.lists]


def _warm_up(client, data, bodies, folder, peers):
    """Runs everything once; keeps the result lines of each list for the bare parts."""
    say("warming up")
    drop([data.people])
    peers.do(lambda peer: [peer.job(path, folder / "peer.gz") for path in data.lists])
    for name, of_lists in bodies.items():
        for path, body in zip(data.lists, of_lists):
            (folder / f"{path.stem}.{name}").write_bytes(client.lines(client.job(body)))


def _warm(job):
    """Seconds of the second of two runs."""
    job()
    return job()


def _rounds(client, data, bodies, folder, parts, peers):
    """Seconds by contestant, one figure a list."""
    seen = collections.defaultdict(list)
    for i, path in enumerate(data.lists):
        say(f"jobs, round {i + 1} of {len(data.lists)}")
        for name, of_lists in bodies.items():
            seen[name].append(_warm(lambda body=of_lists[i]: timed(client.job, body)))
            gzip, write, sync = parts.run(folder / f"{path.stem}.{name}", folder / "parts.gz")
            seen[f"parts {name}"].append(gzip + write)
            if name == "default":
                seen["sync"].append(sync)
        peers.do(lambda peer, path=path: seen[peer.name].append(_warm(lambda: peer.job(path, folder / "peer.gz"))))
    return {name: median(values) for name, values in seen.items()}


def _results(seen, job, peers):
    milliseconds = {name: value * 1000 for name, value in seen.items()}
    found = []
    for name, aim in (("default", 1.6), ("all", 1.4)):
        ours, bare = milliseconds[name], milliseconds[f"parts {name}"]
        note = f"the bare sync of the same bytes, not in the sum, took {milliseconds['sync']:.1f} ms" if name == "default" else ""
        found.append(Result(f"job of {job:,}, {LABELS[name]}", "its bare parts: ISA-L 1 on all cores, then write", ours, bare, "ms",
                            ours / bare, aim, note=note))
    for peer, aim in peers.aims.items():
        ours, theirs = milliseconds["default"], milliseconds[peer.name]
        found.append(Result(f"job of {job:,}, default fields", peer.name, ours, theirs, "ms", theirs / ours, aim, True))
    return found


def measure(data, folder):
    bodies = {"default": _bodies(data, None), "all": _bodies(data, families())}
    parts = Parts()
    peers = Peers()
    try:
        peers.open(data, folder)
        with server.start(data) as running:
            client = server.Client(running)
            _warm_up(client, data, bodies, folder, peers)
            seen = _rounds(client, data, bodies, folder, parts, peers)
    finally:
        parts.close()
        peers.close()
    return _results(seen, data.job, peers) + peers.skips
