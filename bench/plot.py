"""Bar charts as SVG, written by hand: they follow the reader's light or dark colours and need no fonts of their own."""
from xml.sax.saxutils import escape

WIDTH, BAR, GAP, LABEL, HEAD = 760, 22, 10, 270, 52
ROOM = WIDTH - LABEL - 150  # for the longest bar; its figure stands behind it
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 15px; font-weight: 600 }
.quiet { fill: #59636e } .own { fill: #1a7f64 } .other { fill: #afb8c1 } .aim { stroke: #bc4c00; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet { fill: #9198a1 } .own { fill: #2fb38f } .other { fill: #57606a } .aim { stroke: #f0883e } }
</style>"""


def _text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _bar(row, label, length, kind, figure, aim=None):
    y = HEAD + row * (BAR + GAP)
    parts = [_text(LABEL - 10, y + 16, label, anchor="end"),
             f'<rect x="{LABEL}" y="{y}" width="{max(length, 1):.1f}" height="{BAR}" rx="3" class="{kind}"/>']
    end = max(length, aim or 0)
    if aim is not None:
        parts.append(f'<line x1="{LABEL + aim:.1f}" x2="{LABEL + aim:.1f}" y1="{y - 3}" y2="{y + BAR + 3}" class="aim"/>')
    return "\n".join([*parts, _text(LABEL + end + 8, y + 16, figure, "quiet")])


def _picture(title, subtitle, bars):
    height = HEAD + len(bars) * (BAR + GAP) + 6
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        STYLE, _text(0, 18, title, "title"), _text(0, 38, subtitle, "quiet"), *bars, "</svg>", ""])


def jobs(results):
    """Milliseconds of the same job done in several ways."""
    same = [result for result in results if result.what.startswith("job of ") and result.what.endswith("default fields")]
    if not same:
        return None
    ways = [("enrichd", same[0].ours, "own"), ("only gzip and write", same[0].theirs, "other")]
    ways += sorted(((result.against, result.theirs, "other") for result in same if result.is_least), key=lambda way: way[1])
    longest = max(way[1] for way in ways)
    bars = [_bar(row, name, ROOM * value / longest, kind, f"{value:,.0f} ms ({value / same[0].ours:.1f}x)" if row else f"{value:,.0f} ms")
            for row, (name, value, kind) in enumerate(ways)]
    return _picture(f"One {same[0].what}, warm", "Milliseconds from request to finished gzip file; shorter is better", bars)


def rates(results):
    """What a server answers a second, beside nginx."""
    same = [result for result in results if result.unit == "requests/s"]
    if not same:
        return None
    longest = max(max(result.ours, result.theirs) for result in same)
    bars = []
    for result in same:
        bars.append(_bar(len(bars), result.what.split(",")[0], ROOM * result.ours / longest, "own", f"{result.ours:,.0f}/s"))
        bars.append(_bar(len(bars), "nginx, static file", ROOM * result.theirs / longest, "other", f"{result.theirs:,.0f}/s"))
    return _picture("Requests a second on one core", "64 kept connections, answers of the same size; longer is better", bars)


def costs(results):
    """Each cost as a share of what it may be."""
    same = [result for result in results if not result.is_least]
    if not same:
        return None
    longest = max(1, *(result.ratio / result.aim for result in same))
    bars = [_bar(row, result.what.replace("one after the other", "in turn")[:42], ROOM * result.ratio / result.aim / longest, "own",
                 f"{result.ratio:.2f}x (aim {result.aim:g}x)", ROOM / longest) for row, result in enumerate(same)]
    return _picture("Costs as multiples of what cannot be done without", "The line is the aim; shorter is better", bars)


def sizes(results):
    """One job of two numbers of people."""
    same = [result for result in results if result.unit == "ms"]
    if not same:
        return None
    warm = same[0]
    ways = [(f"{warm.against} people, warm", warm.theirs, "other"),
            *((result.what.split("fields, ")[1], result.ours, "own") for result in same)]
    longest = max(way[1] for way in ways)
    bars = [_bar(row, name, ROOM * value / longest, kind, f"{value:,.0f} ms") for row, (name, value, kind) in enumerate(ways)]
    return _picture(f"One {warm.what.split(', of')[0]}, in a bounded memory",
                    "Milliseconds from request to finished gzip file; shorter is better", bars)


def pictures(run, results):
    """File name -> SVG, of the run of all rows or of that of the row scale."""
    drawn = {"rows": {"jobs.svg": jobs, "answers.svg": rates, "costs.svg": costs}, "scale": {"scale.svg": sizes}}[run]
    return {name: picture for name, draw in drawn.items() if (picture := draw(results))}
