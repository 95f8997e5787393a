#!/usr/bin/python3
"""What the tests reached of src/, a folder a line, out of what gcovr counted.

usage: coverage.py REPORT.json [FOLDER...]

With folders it shows the lines in them that no test reached. must() is a check for mistakes of ours that no test can make, so its
branches do not count.
"""
import collections
import json
import pathlib
import sys

JUDGED = {"jobs", "store", "results", "hooks", "api"}
LINES_MIN, BRANCHES_MIN = 90, 80


class Count:
    def __init__(self):
        self.lines = self.lines_hit = self.branches = self.branches_hit = 0

    def add(self, line):
        self.lines += 1
        self.lines_hit += line["count"] > 0
        self.branches += len(line["branches"])
        self.branches_hit += sum(branch["count"] > 0 for branch in line["branches"])

    def shares(self):
        return 100 * self.lines_hit / max(1, self.lines), 100 * self.branches_hit / max(1, self.branches)


def counted(file):
    return [line for line in file["lines"] if not line["gcovr/noncode"]]


def show_missing(file):
    numbers = [line["line_number"] for line in counted(file) if line["count"] == 0]
    if numbers:
        text = pathlib.Path(file["file"]).read_text(encoding="utf-8").splitlines()
        print(f"{file['file']}:")
        for number in numbers:
            print(f"{number:6} {text[number - 1]}")


def main(report, folders):
    files = [file for file in json.loads(pathlib.Path(report).read_bytes())["files"] if file["file"].startswith("src/")]
    counts = collections.defaultdict(Count)
    for file in files:
        folder = pathlib.Path(file["file"]).parts[1]
        for line in counted(file):
            for name in (folder, "all"):
                counts[name].add(line)
        if folder in folders:
            show_missing(file)
    print(f"{'src/':10}{'lines':>8}{'reached':>10}{'branches':>12}{'reached':>10}")
    for name, count in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        lines, branches = count.shares()
        print(f"{name:10}{count.lines:8,}{lines:9.1f}%{count.branches:12,}{branches:9.1f}%")
    too_few = [name for name in JUDGED if counts[name].shares() < (LINES_MIN, 0) or counts[name].shares()[1] < BRANCHES_MIN]
    if too_few:
        print(f"below {LINES_MIN} % of the lines or {BRANCHES_MIN} % of the branches: {', '.join(sorted(too_few))}")
    return 1 if too_few else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
