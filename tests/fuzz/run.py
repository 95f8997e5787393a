#!/usr/bin/python3
"""Runs every fuzz target of a build for some seconds, from its seed corpus.

usage: run.py BUILD-FOLDER SECONDS

What is found is left in the build folder. Ends with `N passed, N failed`.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def main():
    build, seconds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    failed = 0
    targets = sorted(path for path in (build / "tests/fuzz").glob("fuzz_*") if path.is_file())
    for target in targets:
        subject = target.name.removeprefix("fuzz_")
        with tempfile.TemporaryDirectory() as found:
            command = [target, f"-max_total_time={seconds}", "-max_len=8192", f"-artifact_prefix={build}/{subject}-", found,
                       HERE / "corpus" / subject]
            result = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    check=False)
        runs = re.search(r"Done (\d+) runs", result.stdout)
        failed += result.returncode != 0
        print(f"{'ok' if result.returncode == 0 else 'FAILED':7}{subject}: {int(runs[1]) if runs else 0:,} runs", flush=True)
        if result.returncode:
            print(result.stdout[-5000:])
    print(f"{len(targets) - failed} passed, {failed} failed")
    return 1 if failed or not targets else 0


if __name__ == "__main__":
    sys.exit(main())
