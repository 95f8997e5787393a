#!/usr/bin/python3
"""Runs every fuzz target of a build for some seconds, from its seed corpus, as many at a time as there are cores.

usage: run.py BUILD-FOLDER SECONDS [TARGET...]

What is found is left in the build folder, and so is what was learnt: the next run begins with it. Ends with
`N passed, N failed`.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MAX_BYTES = 8192


def run(build, seconds, subject):
    """(runs, output if something was found)"""
    learnt = build / "corpus" / subject
    learnt.mkdir(parents=True, exist_ok=True)
    command = ["nice", build / f"tests/fuzz/fuzz_{subject}", f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}",
               "-timeout=10", "-rss_limit_mb=1024", f"-artifact_prefix={build}/{subject}-", learnt, HERE / "corpus" / subject]
    result = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    runs = re.search(r"Done (\d+) runs", result.stdout)
    return int(runs[1]) if runs else 0, result.stdout[-5000:] if result.returncode else None


def main():
    build, seconds, wanted = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]), set(sys.argv[3:])
    subjects = sorted(path.name.removeprefix("fuzz_") for path in (build / "tests/fuzz").glob("fuzz_*") if path.is_file())
    if wanted - set(subjects):
        sys.exit(f"there is no target {', '.join(wanted - set(subjects))}: {', '.join(subjects)}")
    subjects = [subject for subject in subjects if not wanted or subject in wanted]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for subject, (runs, found) in zip(subjects, pool.map(lambda subject: run(build, seconds, subject), subjects)):
            failed += found is not None
            print(f"{'ok' if found is None else 'FAILED':7}{subject}: {runs:,} runs", flush=True)
            if found:
                print(found)
    print(f"{len(subjects) - failed} passed, {failed} failed")
    return 1 if failed or not subjects else 0


if __name__ == "__main__":
    sys.exit(main())
