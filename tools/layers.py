#!/usr/bin/env python3
"""Fails on an include against the flow of ARCHITECTURE.md.

A file may include headers of its own folder and of the folders below it:

    cmd -> http -> api, intake, folder -> hooks -> jobs -> results -> store -> entity -> crypto -> base

Folders of one rank (those between two arrows) do not know each other.
"""
import pathlib
import re
import sys

RANKS = [["base"], ["crypto"], ["entity"], ["store"], ["results"], ["jobs"], ["hooks"], ["api", "intake", "folder"], ["http"], ["cmd"]]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def rank_of(folder):
    for rank, folders in enumerate(RANKS):
        if folder in folders:
            return rank
    return None


def check(path, source):
    """The complaints about one file."""
    folder = path.relative_to(source).parts[0]
    complaints = []
    if rank_of(folder) is None:
        return [f"{path}: the folder {folder} has no layer"]
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(text)
        if not found or "/" not in found[1]:
            continue
        target = found[1].split("/")[0]
        if target == folder:
            continue
        if rank_of(target) is None or rank_of(target) >= rank_of(folder):
            complaints.append(f"{path}:{line}: {folder}/ must not include {found[1]}")
    return complaints


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src")
    complaints = []
    for path in sorted(source.rglob("*.[ch]")):
        complaints += check(path, source)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
