#!/usr/bin/python3
"""Runs the black-box suites through judge.mjs, which refuses every answer that the description does not know.

usage: judge.py [PYTEST-ARGUMENT...]       (default: tests/api and, of tests/openapi, the tour and the refusals)

Installs the npm packages of package-lock.json in build/judge/ if they are not there. The suites' harness finds the judge
in $ENRICHD_PROXY. Exit code 1 if a test fails or the judge saw anything wrong, or nothing at all.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = ROOT / "build/judge"
FILES = ["package.json", "package-lock.json", "judge.mjs", "signatures.mjs"]
DEFAULT = ["tests/api", "tests/openapi/test_refusals.py", "tests/openapi/test_tour.py"]


def install():
    """Everything the judge needs, in a folder that git ignores."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = FOLDER / "package-lock.json"
    is_same = lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()
    is_there = is_same and (FOLDER / "installed").exists()
    for name in FILES:
        shutil.copy(HERE / name, FOLDER)
    subprocess.run([sys.executable, ROOT / "tools/openapi_json.py", "--output", FOLDER / "openapi.json"], check=True)
    if not is_there:
        (FOLDER / "installed").unlink(missing_ok=True)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER, check=True)
        (FOLDER / "installed").touch()


def start():
    """(process, address)"""
    process = subprocess.Popen(["node", "judge.mjs", "openapi.json"], cwd=FOLDER, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline().split()
    if line[:1] != ["listening"]:
        sys.exit(f"the judge did not start (exit code {process.wait()})")
    return process, line[1]


def main():
    install()
    process, address = start()
    try:
        suites = subprocess.run([sys.executable, "-m", "pytest", "-q", *(sys.argv[1:] or DEFAULT)], cwd=ROOT, check=False,
                                env={**os.environ, "ENRICHD_PROXY": address})
    finally:
        process.terminate()
        seen = json.loads(process.communicate()[0] or "{}")
    print(f"judged {seen.get('answers', 0)} answers of {len(seen.get('operations', {}))} kinds, "
          f"{len(seen.get('violations', []))} not as described")
    return 1 if suites.returncode or process.returncode or not seen.get("answers") else 0


if __name__ == "__main__":
    sys.exit(main())
