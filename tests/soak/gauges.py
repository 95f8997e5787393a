"""What a process and its data folder take, sampled over time, and whether it grows."""
import math
import os
import pathlib
import threading
import time

PERIOD_S = 0.5
MIB = 1 << 20


def status_number(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(name)


def folder_bytes(folder):
    """Of all files below; some may go while they are counted."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            pass
    return total


def file_bytes(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def take(pid, data):
    """One sample. Memory is RssAnon: mapped records are the page cache's, and come and go with imports."""
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    return {
        "memory": status_number(pid, "RssAnon") << 10,
        "threads": status_number(pid, "Threads"),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "mapped segments": sum("/segment-" in line for line in maps.splitlines()),
        "database": file_bytes(data / "control.db"),
        "log": file_bytes(data / "control.db-wal"),
        "pieces": folder_bytes(data / "pieces"),
        "records": folder_bytes(data / "records"),
    }


class Gauges(threading.Thread):
    """Samples until stop(); samples are (seconds since the start, values)."""

    def __init__(self, pid, data):
        super().__init__(daemon=True)
        self.pid, self.data = pid, data
        self.samples = []
        self.begin = time.monotonic()
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(PERIOD_S):
            self.samples.append((time.monotonic() - self.begin, take(self.pid, self.data)))

    def stop(self):
        self.stopped.set()
        self.join()

    def greatest(self, name):
        return max(values[name] for _, values in self.samples)


def slope(points):
    """(rise a second, its standard error) of the straight line through the points."""
    count = len(points)
    mean_x, mean_y = (sum(point[i] for point in points) / count for i in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = sum((y - mean_y - rise * (x - mean_x)) ** 2 for x, y in points)
    return rise, math.sqrt(rest / (count - 2) / spread) if count > 2 else math.inf
