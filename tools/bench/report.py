"""The page and the plot that are made of what was measured."""

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from trackform_core.text.counted import counted

Run = dict[str, Any]
"""One measured run: where it belongs (`what`, `size`, `variant`, `round`), and what it cost."""
VARIANTS = ("ours", "floor", "naive")
COLOURS = {"ours": "#1f6feb", "floor": "#57606a", "naive": "#bc4c00"}
HEAD = """\
# Performance

How long the commands take, measured by `make bench` against the sandbox, which adds {latency} ms to every answer.
*Floor* is what the engine itself needs: as many objects of a provider that does nothing, with the same inputs and
references. *Naive* reads each object by a request of its own. Medians of {rounds}, in which
the three take turns; behind ± is half of what lies between the fastest and the slowest. Processor seconds are those of
all processes.

{machine}

![Seconds of a preview against the number of offers](plots/performance.svg)
"""
OURS_ALONE = """
## Without a floor

| command | offers | seconds | processor | requests |
|---|---|---|---|---|
"""

ADVICE = """
## What the engine costs, and what can be done about it

- **Saving the state step by step.** A state in a folder or bucket is written whole at each object that is made or
  changed: of a first `pulumi up` of 1,000 objects that is nine tenths of the time. `PULUMI_SKIP_CHECKPOINTS=true`
  saves it once, at the end; what a killed run leaves then, [State](state.md) tells.
- **How many at a time.** The engine sends four calls for each core unless `PULUMI_PARALLEL` names a number. The plugin
  serves 32 at a time, so that on a small machine `PULUMI_PARALLEL=32` makes a first `pulumi up` of many objects
  faster. A service that complains of too many requests is asked more slowly, whatever the number.
- **Long listings.** Pages that are known to be there, from the total that the service tells or from the objects of the
  state, are asked for sixteen at a time. Where neither tells, as in an export of offers, they are read one by one.
- **The first refresh.** The id of an object is among its inputs from the second `pulumi up` on. Until then each read
  answers with inputs, which the engine compares: of 1,000 offers 5.7 s, and 4.7 s after it, where the floor took 4.4 s
  (medians of three refreshes).
- **Size of the state.** `PULUMI_DIY_BACKEND_GZIP=true` makes a state about twenty times smaller.
- **Messages of debugging.** Those of Pulumi's SDK are sent only with `PULUMI_OPTION_DEBUG=true`, Pulumi's variable for
  `--debug`: they took an eighth of a preview. The option itself shows the engine's own alone.
- **Stacks.** Time grows with the objects of a stack, not of the project: an account with parts that do not refer to
  each other can be several stacks, which run side by side ([State](state.md)).

## Beside another tool

OpenTofu 1.10.6 with Mastercard's generic REST provider, on the same sandbox with 100 ms, which then answered eight
requests at a time: a plan of 1,000 offers took 19.8 s and an apply 22.6 s, of 100 offers 2.2 s and 2.7 s, with a
request for each object. To repeat it: one `restapi_object` for each offer, whose `path` is `/offers` and whose `data`
is the body that our first `pulumi up` sends, as the sandbox's list of requests shows it.
"""


def page(runs: Sequence[Run], latency: float, machine: str) -> str:
    text = HEAD.format(latency=round(latency * 1000), rounds=_rounds(runs), machine=machine)
    compared = _distinct(run["what"] for run in runs if run["variant"] != "ours")
    for what in compared:
        text += f"\n## {what}\n\n| offers | ours | floor | naive | ours ÷ floor | processor ÷ floor | requests | "
        text += "memory of plugin, program; state (floor's) |\n|---|---|---|---|---|---|---|---|\n"
        for size in sorted({run["size"] for run in runs if run["what"] == what}):
            text += _row(runs, what, size)
    alone = [what for what in _distinct(run["what"] for run in runs) if what not in compared]
    rows = [
        f"| `{what}` | {size:,} | {_spread(runs, what, size, 'ours')} | "
        + " | ".join(f"{_median(runs, what, size, 'ours', figure):.2f}" for figure in ("processor", "requests"))
        + " |\n"
        for what in alone
        for size in sorted({run["size"] for run in runs if run["what"] == what})
    ]
    return text + (OURS_ALONE + "".join(rows) if rows else "") + ADVICE


def _rounds(runs: Sequence[Run]) -> str:
    """How many rounds: of the largest sizes there may be fewer."""
    done = {run["size"]: 0 for run in runs}
    for run in runs:
        done[run["size"]] = max(done[run["size"]], run["round"] + 1)
    most = max(done.values(), default=0)
    fewer = [f"{counted(rounds, 'round')} of {size:,} offers" for size, rounds in sorted(done.items()) if rounds < most]
    return ", ".join([counted(most, "round"), *fewer])


def _row(runs: Sequence[Run], what: str, size: int) -> str:
    cells = [_spread(runs, what, size, variant) for variant in VARIANTS]
    ratios = [_ratio(runs, what, size, figure) for figure in ("seconds", "processor")]
    requests = f"{_median(runs, what, size, 'ours', 'requests'):.0f}"
    sizes = ", ".join(
        f"{_median(runs, what, size, 'ours', part):.0f} ({_median(runs, what, size, 'floor', part):.0f}) {unit}"
        for part, unit in (("plugin_mb", "MB"), ("program_mb", "MB"), ("state_kb", "KB"))
    )
    return f"| {size:,} | {' | '.join([*cells, *ratios, requests, sizes])} |\n"


def _figures(runs: Sequence[Run], what: str, size: int, variant: str, figure: str) -> list[float]:
    wanted = (what, size, variant)
    return [run[figure] for run in runs if (run["what"], run["size"], run["variant"]) == wanted]


def _median(runs: Sequence[Run], what: str, size: int, variant: str, figure: str) -> float:
    return median(_figures(runs, what, size, variant, figure) or [math.nan])


def _spread(runs: Sequence[Run], what: str, size: int, variant: str) -> str:
    found = _figures(runs, what, size, variant, "seconds")
    spread = f" ± {(max(found) - min(found)) / 2:.2f}" if len(found) > 1 else ""
    return f"{median(found):.2f}{spread}" if found else ""


def _ratio(runs: Sequence[Run], what: str, size: int, figure: str) -> str:
    ours, floor = (_median(runs, what, size, variant, figure) for variant in ("ours", "floor"))
    return "" if math.isnan(ours / floor) else f"{ours / floor:.2f}"


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def plot(runs: Sequence[Run], what: str) -> str:
    """An SVG of seconds against size, both as powers of ten."""
    wide, high, edge = 640, 400, 60
    points = {
        variant: [
            (size, _median(runs, what, size, variant, "seconds"))
            for size in sorted({run["size"] for run in runs if (run["what"], run["variant"]) == (what, variant)})
        ]
        for variant in VARIANTS
    }
    every = [point for line in points.values() for point in line] or [(1, 1.0)]
    sizes = [math.log10(size) for size, _ in every]
    times = [math.log10(seconds) for _, seconds in every]

    def at(size: float, seconds: float) -> tuple[float, float]:
        across = (math.log10(size) - min(sizes)) / (max(sizes) - min(sizes) or 1)
        up = (math.log10(seconds) - min(times)) / (max(times) - min(times) or 1)
        return round(edge + across * (wide - 2 * edge), 1), round(high - edge - up * (high - 2 * edge), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="13">',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        f'<text x="{edge}" y="24">{what}: seconds against the number of offers</text>',
        f'<path d="M{edge} {edge}V{high - edge}H{wide - edge}" fill="none" stroke="#8c959f"/>',
    ]
    foot = high - edge + 20
    parts += [
        f'<text x="{at(size, every[0][1])[0]}" y="{foot}" text-anchor="middle">{size:,}</text>'
        for size in sorted({size for size, _ in every})
    ]
    for row, (variant, line) in enumerate(points.items()):
        if not line:
            continue
        where = [at(*point) for point in line]
        path = " ".join(f"{x},{y}" for x, y in where)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[variant]}" stroke-width="2"/>')
        for (x, y), (_, seconds) in zip(where, line, strict=True):
            parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{COLOURS[variant]}"/>')
            parts.append(
                f'<text x="{x}" y="{y - 8}" text-anchor="middle" fill="{COLOURS[variant]}">{seconds:.1f}</text>'
            )
        parts.append(f'<text x="{edge + 12}" y="{edge + 18 * row}" fill="{COLOURS[variant]}">{variant}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
