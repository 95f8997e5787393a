"""Runs test suites, the longest parts first and a few at a time, and ends with one line: `N passed, N failed`.

usage: tests/run.py SUITE...

    check   layers, layout and names of the sources
    unit    the cmocka programs of build/
    kernels how many instructions a record and an identifier take, against bench/kernels.json
    api     the black-box tests, over HTTP and the command line, with build/enrichd; what the server answers is then held
            against openapi/enrichd.yaml
    sim     a server in one process with bad luck, decided by a seed: seeds 1 to ENRICHD_SIM_SEEDS (default 1000)
    fault   a server that is killed, whose disk fails, whose machine loses power (build/), at a size for every day
    asan    unit and api again under AddressSanitizer and UndefinedBehaviorSanitizer (build-asan/)
    tsan    the unit programs that use threads, and a server from its start to its end, under ThreadSanitizer (build-tsan/)
    soak    a server under mixed load for a minute: every answer right, nothing left behind (./dev soak: half an hour)
    coverage  unit, api, some seeds of sim and a full disk with build-coverage/

./dev test builds what is needed first. ENRICHD_TEST_JOBS says how many parts run at a time: by default one more than there
are cores, because most of them wait more than they work.
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
THREADED = re.compile(r"test_(queue|records_segments|control|jobs|commit|worker)")
SERVED = ("tests/api/test_main_job.py", "tests/api/test_link_keys.py", "tests/api/test_shutdown.py")  # all threads of a server
FAULTS = (("power_loss.py", "2000"), ("kill_loop.py", "200"), ("every_point.py",), ("full_disk.py",), ("stopped.py",))
SANITIZER = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


# A part of a suite: about how long it takes, and run(total, *arguments).
Part = collections.namedtuple("Part", "seconds run arguments")


class Total:
    def __init__(self):
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def add(self, name, passed, failed, start, output=""):
        """What a part came to that began at start, after its output if there is something to see in it."""
        mark = "ok" if failed == 0 else "FAILED"
        with self.lock:
            self.passed += passed
            self.failed += failed
            print(f"{output}{mark:7}{name}  ({passed} passed, {failed} failed, {time.monotonic() - start:.1f} s)", flush=True)


def call(command, **variables):
    """(exit code, output) of a command in the project's folder."""
    result = subprocess.run(command, cwd=ROOT, env={**os.environ, **SANITIZER, **variables}, text=True, errors="replace",
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return result.returncode, result.stdout


def run_check(total):
    files = [str(path.relative_to(ROOT)) for folder in ("src", "tests", "tools", "bench") for path in (ROOT / folder).rglob("*.[ch]")
             if "node_modules" not in path.parts]
    for name, command in (
        ("layers", [sys.executable, "tools/layers.py"]),
        ("layout", ["clang-format-14", "--dry-run", "--Werror", *files]),
    ):
        start = time.monotonic()
        code, output = call(command)
        total.add(name, int(code == 0), int(code != 0), start, output if code else "")


def run_program(total, folder, program):
    start = time.monotonic()
    code, output = call([str(program)])
    passed = len(re.findall(r"^\[       OK \]", output, re.M))
    failed = len(re.findall(r"^\[  FAILED  \] [^0-9]*: [0-9]+ test", output, re.M)) or 1
    total.add(f"{folder}/{program.name}", passed, failed if code else 0, start, output if code else "")


def run_kernels(total):
    start = time.monotonic()
    code, output = call(["bench/kernels"])
    total.add("kernels", int(code == 0), int(code != 0), start, output if code or "not compared" in output else "")


def run_pytest(total, folder):
    exchanges = ROOT / folder / "exchanges.jsonl"
    exchanges.unlink(missing_ok=True)
    run_pytest_on(total, folder, "tests/api", exchanges)
    run_pytest_on(total, folder, "tests/openapi", exchanges)


def run_pytest_on(total, folder, tests, exchanges):
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests.split()]
    confine = {"ENRICHD_SERVER_CONFINE": "off"} if folder == "build-coverage" else {}  # counts are written to the build folder
    code, output = call(command, **programs_of(folder), ENRICHD_EXCHANGES=str(exchanges), **confine)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error|errors|skipped)", output)}
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    skipped = f"       {counts['skipped']} skipped\n" if counts.get("skipped") else ""
    total.add(f"{folder} {tests}", counts.get("passed", 0), failed or int(code != 0), start, output if code else skipped)


def run_sim(total, folder, seeds):
    start = time.monotonic()
    code, output = call([f"{folder}/tests/sim/sim", "1", str(seeds)])
    total.add("simulation", 0 if code else seeds, int(code != 0), start, output)


def run_script(total, folder, script, *arguments):
    """One that shows figures."""
    start = time.monotonic()
    code, output = call([sys.executable, script, *arguments], **programs_of(folder))
    total.add(script, int(code == 0), int(code != 0), start, output)


def programs_of(folder):
    return {"ENRICHD": str(ROOT / folder / "enrichd"), "PEOPLE": str(ROOT / folder / "people")}


def unit_parts(folder, only=re.compile("")):
    return [Part(5, run_program, (folder, program)) for program in sorted((ROOT / folder / "tests").glob("test_*"))
            if program.is_file() and os.access(program, os.X_OK) and only.match(program.name)]


def parts_of(suite):
    if suite == "check":
        return [Part(5, run_check, ())]
    if suite == "unit":
        return unit_parts("build")
    if suite == "kernels":
        return [Part(20, run_kernels, ())]
    if suite == "api":
        return [Part(200, run_pytest, ("build",))]
    if suite == "sim":
        return [Part(60, run_sim, ("build", int(os.environ.get("ENRICHD_SIM_SEEDS", "1000"))))]
    if suite == "fault":
        return [Part(50, run_script, ("build", f"tests/fault/{name}", *arguments)) for name, *arguments in FAULTS]
    if suite == "soak":
        return [Part(110, run_script, ("build", "tests/soak/soak.py", "1"))]
    if suite == "tsan":
        exchanges = ROOT / "build-tsan/exchanges.jsonl"
        return [*unit_parts("build-tsan", THREADED), Part(40, run_pytest_on, ("build-tsan", " ".join(SERVED), exchanges))]
    if suite == "asan":
        return [Part(300, run_pytest, ("build-asan",)), *unit_parts("build-asan")]
    if suite == "coverage":
        return [Part(300, run_pytest, ("build-coverage",)), *unit_parts("build-coverage"),
                Part(100, run_sim, ("build-coverage", 100)), Part(50, run_script, ("build-coverage", "tests/fault/full_disk.py"))]
    sys.exit(f"unknown suite {suite}")


def main():
    total = Total()
    parts = sorted((part for suite in sys.argv[1:] for part in parts_of(suite)), key=lambda part: -part.seconds)
    at_a_time = int(os.environ.get("ENRICHD_TEST_JOBS", str((os.cpu_count() or 1) + 1)))
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(lambda part: part.run(total, *part.arguments), parts))
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
