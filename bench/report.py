"""bench/RESULTS.md and the plots: ratios first, then the figures behind them."""
import os

import machine
import plot
from result import Result, Skip
from tools import ROOT

OUT = ROOT / "bench"
HEAD = """# What was measured

Written by `./dev bench`; do not edit. {date}, {machine}. {people:,} invented people, {minutes:.0f} minutes for everything,
load average {load:.1f} when it began.{note}

    {command}

Everything in a row was measured in one run on one machine, taking turns, and is a median; what enrichd is compared with was
started by the run with its data loaded and warm. Trust the ratios: on another machine both sides move. An aim is what we want
of ourselves; a row that misses it says so.

"""


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


def table(results):
    """Ratios, figures and what was skipped, as Markdown."""
    found = [result for result in results if isinstance(result, Result)]
    lines = ["## Ratios", "", "A lower bound means how many times faster or more; an upper one how many times the cost.", "",
             "| enrichd | against | ratio | aim | reached |", "|---|---|---:|---|---|", *map(_ratio_row, found),
             "", "## Figures", "", "| enrichd | | against | | |", "|---|---:|---|---:|---|", *map(_figure_row, found)]
    skipped = [f"- {skip.what}: {skip.why}" for skip in results if isinstance(skip, Skip)]
    if skipped:
        lines += ["", "## Left out", "", *skipped]
    return "\n".join(lines) + "\n"


def _command(people):
    return "./dev bench" if people == 200000 else f"ENRICHD_BENCH_PEOPLE={people} ./dev bench"


def write(results, facts):
    note = os.environ.get("ENRICHD_BENCH_NOTE", "")
    head = HEAD.format(date=machine.today(), machine=machine.describe(), people=facts["people"], minutes=facts["seconds"] / 60,
                       load=facts["load"], note=f" {note}" if note else "", command=_command(facts["people"]))
    (OUT / "RESULTS.md").write_text(head + table(results), encoding="utf-8")
    (OUT / "plots").mkdir(exist_ok=True)
    found = [result for result in results if isinstance(result, Result)]
    for name, picture in plot.pictures(found).items():
        (OUT / "plots" / name).write_text(picture, encoding="utf-8")
