"""The bare parts of a job: gzip and write of lines that are already there."""
from tools import CORES, PROGRAMS, Task


class Parts:
    """run() gives the seconds of (gzip, write, sync)."""

    def __init__(self):
        self.task = Task(PROGRAMS / "bench_parts", CORES)

    def run(self, lines, out):
        return [microseconds / 1e6 for microseconds in self.task.ask(lines, out)]

    def close(self):
        self.task.stop()
