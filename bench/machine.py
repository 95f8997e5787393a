"""What the figures were taken on, and what else the machine did meanwhile."""
import os
import platform
import time


def _first(path, prefix):
    with open(path, encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(prefix)), "unknown")


def describe():
    """One line: processor, cores, memory, kernel."""
    memory = int(_first("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20)
    return (f"{_first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, "
            f"Linux {platform.release()}")


def load():
    """The load average of the latest minute."""
    return os.getloadavg()[0]


def available_memory():
    """Bytes: free, or held by the page cache, which gives them back."""
    return int(_first("/proc/meminfo", "MemAvailable").split()[0]) << 10


def today():
    return time.strftime("%Y-%m-%d", time.gmtime())


def _processor_seconds():
    """(busy for anybody, taken away by the host, this process and its children that have ended), since some time ago."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _wait, irq, softirq, stolen = (int(word) for word in file.readline().split()[1:9])
    ticks = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / ticks, stolen / ticks, sum(os.times()[:4])


class Watch:
    """Measures, from its making on, which share of the processors' time others got."""

    def __init__(self):
        self.begin = time.monotonic()
        self.seconds = _processor_seconds()

    def elapsed(self):
        return time.monotonic() - self.begin

    def shares(self):
        """(other processes and the kernel's own threads, the host of a virtual machine). No child may be running."""
        busy, stolen, own = (now - then for now, then in zip(_processor_seconds(), self.seconds))
        whole = self.elapsed() * os.cpu_count()
        return max(0, busy - own) / whole, stolen / whole
