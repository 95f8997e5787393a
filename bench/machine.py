"""What the figures were taken on."""
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


def today():
    return time.strftime("%Y-%m-%d", time.gmtime())
