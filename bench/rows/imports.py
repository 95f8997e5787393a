"""Import of JSONL that is in memory, against yyjson parsing it; and the space that the records take, plain and compressed."""
import os
import shutil
import subprocess

from data import ENRICHD
from result import Result
from tools import CORES, PROGRAMS, bytes_of, median, output_of, say, timed

ROUNDS = 3
PEOPLE_MAX = 1000000  # more say nothing new about the ratio


def _some(data, folder):
    """The people, or the first of them."""
    if data.count <= PEOPLE_MAX:
        return data.people
    path = folder / "some.jsonl"
    with open(path, "wb") as file:
        subprocess.run(["head", "-n", str(PEOPLE_MAX), data.people], check=True, stdout=file)
    return path


def _import(people, target, folder, compression="none"):
    subprocess.run([ENRICHD, "import", "person", people, "--data", target], check=True, cwd=folder, stderr=subprocess.DEVNULL,
                   env={**os.environ, "ENRICHD_IMPORT_COMPRESSION": compression})


def _stored(target):
    """Bytes of the records that were imported, which are then removed."""
    stored = bytes_of(target / "records")
    shutil.rmtree(target)
    return stored / 1e6


def measure(data, folder):
    people, target = _some(data, folder), folder / "imported"
    ours, theirs = [], []
    for i in range(ROUNDS):
        say(f"import, round {i + 1} of {ROUNDS}")
        theirs.append(float(output_of(PROGRAMS / "bench_parse", "lines", people, CORES)) / 1e6)
        ours.append(timed(_import, people, target, folder))
        plain = _stored(target)
    say("import, compressed")
    packing = timed(_import, people, target, folder, "all")
    packed = _stored(target)
    seconds, bare = median(ours), median(theirs)
    megabytes = people.stat().st_size / 1e6
    count = min(data.count, PEOPLE_MAX)
    return [Result("import of JSONL", f"yyjson parsing it on {CORES} threads", seconds, bare, "s", seconds / bare, 3,
                   note=f"{count / seconds:,.0f} records/s, synced"),
            Result("disk that the records take", "the JSONL", plain, megabytes, "MB", plain / megabytes, 1.1),
            Result("disk that compressed records take", "the JSONL", packed, megabytes, "MB", packed / megabytes, 0.3,
                   note=f"import.compression = all, imported once: {count / packing:,.0f} records/s")]
