#!/usr/bin/python3
"""The unit programs again, with one allocation in each run that fails, or all from one on. Needs build-asan/.

usage: every_allocation.py [SECONDS [PROGRAM...]]

A program is run once to learn from which places it allocates (alloc_fail.c); then for each place, in an order that a seed decides,
until all were met or the program has had its SECONDS (default 30). A test may fail then, and ends its program by that. Nothing may
crash, no condition of the program itself may prove wrong, and what goes on to the end of its tests has lost no memory.
"""
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build-asan/tests"
ASSERTED, SANITIZER = 77, 99  # exit codes
RUN_S_MAX = 300
FOREIGN = {  # whose crash it is: libzstd 1.5.4 uses a dictionary that it could not allocate, the sanitizer needs memory for each thread
    "in libzstd": re.compile(r"#\d+ \S+ in ZSTD_createCDict"),
    "in the sanitizer": re.compile(r"^AddressSanitizer: CHECK failed: sanitizer_", re.M),
}
PLACES_LEAST = 2000  # of all programs, or the library is blind
OWN = {"test_allocations", "test_control_faults", "test_jobs_faults", "test_records_faults"}  # repeat their work for faults of their own
ENVIRONMENT = {
    "LD_PRELOAD": str(BUILD / "alloc_fail.so"),
    "ASAN_OPTIONS": f"detect_leaks=1:verify_asan_link_order=0:exitcode={SANITIZER}",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}

Outcome = collections.namedtuple("Outcome", "word detail")
WORDS = ("test failed", "went on", "test program", *FOREIGN, "crashed", "leaked", "stuck")


def run(program, **variables):
    """(exit code, output); None: stuck."""
    try:
        result = subprocess.run([str(BUILD / program)], cwd=ROOT, env={**os.environ, **ENVIRONMENT, **variables}, timeout=RUN_S_MAX,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except subprocess.TimeoutExpired as stuck:
        return None, (stuck.output or b"").decode(errors="replace")
    return result.returncode, result.stdout.decode(errors="replace")


def places(program):
    """[(test, number of the allocation in it)], one for each place of the program."""
    no_leaks = ENVIRONMENT["ASAN_OPTIONS"].replace("leaks=1", "leaks=0")  # what is noted comes late, and stays
    found = {}
    for test in re.findall(r"^\[ RUN      \] (\w+)", run(program)[1], re.M):
        code, output = run(program, ALLOC_FAIL_TEST=test, ALLOC_FAIL_PLACES="1", ASAN_OPTIONS=no_leaks)
        assert code == 0, f"{program}, {test} fails without a fault:\n{output[-4000:]}"
        for number, place in re.findall(r"^ALLOCATION (\d+) (\w+)$", output, re.M):
            found.setdefault(place, (test, number))
    return list(found.values())


def is_of_test(output):
    """Whether it is the test's own code that broke: the innermost call, or the condition that was wrong."""
    innermost = re.search(r"^    #\d+ \S+ in \S+ (\.\./\S+)", output, re.M) or re.search(r"^enrichd: bug: .* at (\S+):", output, re.M)
    return innermost is not None and "tests/" in innermost.group(1)


def judge(code, output):
    if code == 0:
        return Outcome("went on", "")
    if code in (1, ASSERTED):
        return Outcome("test failed", "")
    if code is None:
        return Outcome("stuck", output[-2000:])
    for word, pattern in FOREIGN.items():
        if pattern.search(output):
            return Outcome(word, "")
    if "LeakSanitizer" in output:
        return Outcome("test program" if is_of_test(output) else "leaked", output[-6000:])
    return Outcome("test program" if is_of_test(output) else "crashed", output[-6000:])


def sweep(program, seconds):
    """(places, how many of them were met, [(what failed, outcome)])"""
    found = places(program)
    tries = [(place, is_lasting) for is_lasting in (False, True) for place in found]
    random.Random(1).shuffle(tries)
    end, met, outcomes = time.monotonic() + seconds, set(), []
    for (test, number), is_lasting in tries:
        if time.monotonic() > end:
            break
        variables = {"ALLOC_FAIL_TEST": test, "ALLOC_FAIL_AT": number, **({"ALLOC_FAIL_ALL": "1"} if is_lasting else {})}
        outcomes.append((f"{test}, {'from ' if is_lasting else ''}allocation {number}", judge(*run(program, **variables))))
        met.add((test, number))
    return len(found), len(met), outcomes


def main(seconds, names):
    begin = time.monotonic()
    programs = names or sorted(path.name for path in BUILD.glob("test_*") if path.is_file() and os.access(path, os.X_OK)
                               and path.name not in OWN)
    place_count, met_count, counts, bad = 0, 0, collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        for program, result in zip(programs, pool.map(lambda name: sweep(name, seconds), programs)):
            found, met, outcomes = result
            words = collections.Counter(outcome.word for _, outcome in outcomes)
            print(f"{program}: {met} of {found} places; {', '.join(f'{words[word]} {word}' for word in WORDS if words[word])}", flush=True)
            for what, outcome in outcomes:
                if outcome.word in ("crashed", "leaked", "stuck"):
                    bad += 1
                    print(f"--- {program}, {what}: {outcome.word}\n{outcome.detail}", flush=True)
            place_count, met_count = place_count + found, met_count + met
            counts += words
    print(f"every allocation: {met_count} of {place_count} places in {len(programs)} programs, {counts.total()} runs: "
          f"{', '.join(f'{counts[word]} {word}' for word in WORDS)} ({time.monotonic() - begin:.0f} s)")
    assert names or place_count > PLACES_LEAST, "too few places were found"
    assert not bad


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 30, sys.argv[2:])
