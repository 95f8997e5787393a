"""bench/RESULTS.md and the plots: ratios first, then the figures behind them.

The file has two parts, each of its own run: that of all rows, and that of the row `scale`. Either leaves the other as it is.
"""
import os
import re

import machine
import plot
from result import Result, Skip, Table
from tools import ROOT

OUT = ROOT / "bench"
FILE = OUT / "RESULTS.md"
HEADS = {
    "rows": """# What was measured

Written by `./dev bench`; do not edit. {facts}

    {command}

Everything in a row was measured in one run on one machine, taking turns, and is a median; what enrichd is compared with was
started by the run with its data loaded and warm. Trust the ratios: on another machine both sides move. An aim is what we want
of ourselves; a row that misses it says so.
""",
    "scale": """# Ten times as many people

Written by `./dev bench scale`; do not edit. {facts}

    {command}

The same rows for a number of people and for a tenth of them, in one memory; [docs/sizing.md](../docs/sizing.md) goes on from here.
""",
}
MARK = "<!-- of the run `{}` -->\n"
OTHERS_MIN = 0.1  # less is not worth a word


def number(value):
    """Three digits that say something."""
    for limit, digits in ((10, 2), (100, 1)):
        if value < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def _ratio_row(result):
    bound = "at least" if result.is_least else "at most"
    mark = "yes" if result.holds() else "**no**"
    return f"| {result.what} | {result.against} | **{number(result.ratio)}x** | {bound} {result.aim:g}x | {mark} |"


def _figure_row(result):
    return (f"| {result.what} | {number(result.ours)} {result.unit} | {result.against} | {number(result.theirs)} {result.unit} "
            f"| {result.note} |")


def _plain(given):
    return ["", given.text, "", f"| {' | '.join(given.head)} |", "|---|" + "---:|" * (len(given.head) - 1),
            *(f"| {' | '.join(row)} |" for row in given.rows)]


def table(results):
    """Ratios, figures and what was skipped, as Markdown."""
    found = [result for result in results if isinstance(result, Result)]
    lines = ["## Ratios", "", "A lower bound means how many times faster or more; an upper one how many times the cost.", "",
             "| enrichd | against | ratio | aim | reached |", "|---|---|---:|---|---|", *map(_ratio_row, found),
             "", "## Figures", "", "| enrichd | | against | | |", "|---|---:|---|---:|---|", *map(_figure_row, found)]
    for given in results:
        if isinstance(given, Table):
            lines += _plain(given)
    skipped = [f"- {skip.what}: {skip.why}" for skip in results if isinstance(skip, Skip)]
    if skipped:
        lines += ["", "## Left out", "", *skipped]
    return "\n".join(lines) + "\n"


def _others(facts):
    """What took processor time beside the run, measured."""
    others, host = facts["shares"]
    text = f"Other processes took {others:.0%} of the processors' time, the host of the virtual machine {host:.1%}"
    busy = [f"`{row}` ({share:.0%})" for row, share in facts["disturbed"].items() if share >= OTHERS_MIN]
    return text + (f". The figures of these rows are rough for it: {', '.join(busy)}." if busy else ".")


def _facts(facts):
    note = os.environ.get("ENRICHD_BENCH_NOTE", "")
    return " ".join(filter(None, (
        f"{machine.today()}, {machine.describe()}.", f"{facts['people']:,} invented people, {facts['seconds'] / 60:.0f} minutes for "
        f"everything, load average {facts['load']:.1f} when it began.", _others(facts), note)))


def _parts():
    """Name -> text of the file as it is."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    pieces = re.split(MARK.format("(.*)"), text)
    return dict(zip(pieces[1::2], pieces[2::2]))


def write(name, results, facts):
    """The part of that name: its heads say which there are. The plots are of the part that they belong to."""
    head = HEADS[name].format(facts=_facts(facts), command=facts["command"])
    parts = {**_parts(), name: f"{head}\n{table(results)}"}
    FILE.write_text("\n".join(MARK.format(part) + parts[part].rstrip("\n") + "\n" for part in HEADS if part in parts), encoding="utf-8")
    (OUT / "plots").mkdir(exist_ok=True)
    found = [result for result in results if isinstance(result, Result)]
    for file, picture in plot.pictures(name, found).items():
        (OUT / "plots" / file).write_text(picture, encoding="utf-8")
