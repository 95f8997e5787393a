"""What rows and peers share: where things are, processes, medians, and the word for what cannot run here."""
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time

import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("ENRICHD_BUILD", ROOT / "build"))
PROGRAMS = BUILD / "bench"
CORES = os.cpu_count()
PATIENCE_S = 600


class Skipped(Exception):
    """What cannot run on this machine, and what would help."""


def say(text):
    """Progress, for whoever watches."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def need_program(name, package):
    """The path of a program, or Skipped with the package that has it."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise Skipped(f"{name} is missing: install the package {package}")
    return path


def need_memory(wanted, what):
    available = machine.available_memory()
    if wanted > available * 0.7:
        raise Skipped(f"{what} would take about {wanted >> 30} GiB, and {available >> 30} GiB are free")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def median(values):
    return statistics.median(values)


def timed(function, *arguments):
    """Seconds that a call takes."""
    start = time.monotonic()
    function(*arguments)
    return time.monotonic() - start


def wait_until(condition, what, process):
    """Waits for something that a process brings about."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"gave up waiting for {what}")
        time.sleep(0.05)


def output_of(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def bytes_of(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


def own_memory(pid):
    """Bytes that are the process's own, 0 if it has ended; mapped files are the page cache's."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon")), 0)


def random_reads(path, threads=64, seconds=2):
    """Reads of 4 KiB a second that the disk gives at random places of a file, past the page cache."""
    return int(output_of(PROGRAMS / "bench_reads", path, threads, seconds))


def pin(pid, cores):
    """Binds all threads of a process to some cores."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)


class Task:
    """A program that answers each line of tab-separated words with one line of numbers (see programs.h)."""

    def __init__(self, *command, waits_for_ready=False, **options):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, **options)
        if waits_for_ready and self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{command[0]} did not become ready")

    def ask(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} ended: {self.process.wait()}")
        return [float(word) for word in line.split()]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE_S)


def stop_process(process):
    """Ends a process that the benchmark started."""
    if process and process.poll() is None:
        process.terminate()
        process.wait(timeout=PATIENCE_S)
