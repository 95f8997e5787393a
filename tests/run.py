#!/usr/bin/python3
"""Runs test suites one after the other and ends with one line: `N passed, N failed`.

usage: tests/run.py SUITE...

    check   layers, layout and names of the sources
    unit    the cmocka programs of build/
    kernels how many instructions a record and an identifier take, against bench/kernels.json
    api     the black-box tests, over HTTP and the command line, with build/enrichd; what the server answers is then held
            against openapi/enrichd.yaml
    sim     a server in one process with bad luck, decided by a seed: seeds 1 to ENRICHD_SIM_SEEDS (default 1000)
    fault   a server that is killed, whose disk fails, whose machine loses power (build/), at a size for every day
    asan    unit and api again under AddressSanitizer and UndefinedBehaviorSanitizer (build-asan/)
    tsan    the unit programs that use threads under ThreadSanitizer (build-tsan/)
    coverage  unit and api with build-coverage/

./dev test builds what is needed first.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
THREADED = re.compile(r"test_(queue|records_segments|control|jobs|commit|worker)")
FAULTS = (("power_loss.py", "2000"), ("kill_loop.py", "200"), ("every_point.py",), ("full_disk.py",), ("stopped.py",))
SANITIZER = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Total:
    passed = 0
    failed = 0

    def add(self, name, passed, failed, seconds):
        self.passed += passed
        self.failed += failed
        mark = "ok" if failed == 0 else "FAILED"
        print(f"{mark:7}{name}  ({passed} passed, {failed} failed, {seconds:.1f} s)", flush=True)


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
        if code:
            print(output)
        total.add(name, int(code == 0), int(code != 0), time.monotonic() - start)


def run_unit(total, folder, only=re.compile("")):
    programs = sorted((ROOT / folder / "tests").glob("test_*"))
    for program in programs:
        if not os.access(program, os.X_OK) or program.is_dir() or not only.match(program.name):
            continue
        start = time.monotonic()
        code, output = call([str(program)])
        passed = len(re.findall(r"^\[       OK \]", output, re.M))
        failed = len(re.findall(r"^\[  FAILED  \] [^0-9]*: [0-9]+ test", output, re.M)) or int(code != 0)
        if code:
            print(output)
        total.add(f"{folder}/{program.name}", passed, failed if code else 0, time.monotonic() - start)


def run_kernels(total):
    start = time.monotonic()
    code, output = call(["bench/kernels"])
    if code or "not compared" in output:
        print(output)
    total.add("kernels", int(code == 0), int(code != 0), time.monotonic() - start)


def run_pytest(total, folder):
    exchanges = ROOT / folder / "exchanges.jsonl"
    exchanges.unlink(missing_ok=True)
    run_pytest_on(total, folder, "tests/api", exchanges)
    run_pytest_on(total, folder, "tests/openapi", exchanges)


def run_pytest_on(total, folder, tests, exchanges):
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests]
    confine = {"ENRICHD_SERVER_CONFINE": "off"} if folder == "build-coverage" else {}  # counts are written to the build folder
    code, output = call(command, ENRICHD=str(ROOT / folder / "enrichd"), PEOPLE=str(ROOT / folder / "people"),
                        ENRICHD_EXCHANGES=str(exchanges), **confine)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error|errors|skipped)", output)}
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    if code:
        print(output)
    elif counts.get("skipped"):
        print(f"       {counts['skipped']} skipped")
    total.add(f"{folder} {tests}", counts.get("passed", 0), failed or int(code != 0), time.monotonic() - start)


def run_sim(total):
    start = time.monotonic()
    seeds = int(os.environ.get("ENRICHD_SIM_SEEDS", "1000"))
    code, output = call(["build/tests/sim/sim", "1", str(seeds)])
    print(output, end="")
    total.add("simulation", 0 if code else seeds, int(code != 0), time.monotonic() - start)


def run_fault(total, arguments):
    start = time.monotonic()
    code, output = call([sys.executable, f"tests/fault/{arguments[0]}", *arguments[1:]])
    print(output, end="")
    total.add(f"tests/fault/{arguments[0]}", int(code == 0), int(code != 0), time.monotonic() - start)


def run_faults(total):
    """Two at a time: they wait more than they work."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda arguments: run_fault(total, arguments), FAULTS))


def run_suite(total, suite):
    if suite == "check":
        run_check(total)
    elif suite == "unit":
        run_unit(total, "build")
    elif suite == "kernels":
        run_kernels(total)
    elif suite == "api":
        run_pytest(total, "build")
    elif suite == "sim":
        run_sim(total)
    elif suite == "fault":
        run_faults(total)
    elif suite == "tsan":
        run_unit(total, "build-tsan", THREADED)
    elif suite in ("asan", "coverage"):
        run_unit(total, f"build-{suite}")
        run_pytest(total, f"build-{suite}")
    else:
        sys.exit(f"unknown suite {suite}")


def main():
    total = Total()
    for suite in sys.argv[1:]:
        run_suite(total, suite)
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
