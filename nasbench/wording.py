"""Descriptions of tables as text for people: aligned, the same numbers as in the dictionaries."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SHOWN = 10
"""Failures of a schedule that are listed one by one; ``--json`` lists all."""
_UNIT = {"seconds": " s", "joules": " J"}
WIDTH = 100
"""Characters of a line of running text."""


def table_text(said: Mapping[str, Any]) -> str:
    """The text of :func:`nasbench.description.describe`."""
    share = f"{said['architectures']:,} of {said['space_size']:,} architectures, {said['classes']:,} classes"
    rows = [
        ("file", f"{said['file']}, {_size(said['bytes'])}, schema {said['schema_version']}"),
        ("digest", said["digest"]),
        ("space", f"{said['space']}, {share}"),
        *_wrapped("origin", said["origin"] or "not stated"),
        *_wrapped("recipe", _listed(said["recipe"]) or "not known"),
        *_wrapped("data", _listed(said["data_card"]) or "not stated"),
        *(line for environment in said["environments"] for line in _environment(environment)),
    ]
    return "\n".join(
        [aligned(rows), "", *_counts(said), *_metrics(said), *_costs(said), *_proxies(said), *_failures(said)]
    ).rstrip()


def architecture_text(said: Mapping[str, Any]) -> str:
    """The text of :func:`nasbench.description.describe_architecture`."""
    costs = [f"{cost['name']} {number(cost['value'])}{_UNIT.get(cost['unit'], '')}" for cost in said["costs"]]
    lines = [said["architecture"], f"class {said['class_hash']}" + "".join(f", {cost}" for cost in costs), ""]
    seeds = sorted({int(seed) for answer in said["answers"] for seed in answer["by_seed"]})
    own = [seed for seed in seeds if seed >= 0]
    head = ["schedule", "metric", "epoch", *(["published"] if -1 in seeds else []), *(f"seed {seed}" for seed in own)]
    table = [[*head, "mean", "unit"] if own else [*head, "unit"]]
    for answer in said["answers"]:
        if answer["value"] is None:
            continue
        by_seed = answer["by_seed"]
        cells = [str(answer["schedule"]), answer["metric"], str(answer["epoch"])]
        cells += [_cell(by_seed.get("-1"))] if -1 in seeds else []
        cells += [_cell(by_seed.get(str(seed))) for seed in own]
        cells += [_cell(_mean([by_seed.get(str(seed)) for seed in own]))] if own else []
        table.append([*cells, answer["unit"] + (" *" if answer["source"] == "class" else "")])
    lines.append(aligned(table) if len(table) > 1 else "no numbers")
    kin = sorted({member for answer in said["answers"] if answer["source"] == "class" for member in answer["members"]})
    if kin:
        lines += ["", "* it has no row of its own: answered by its class, the mean over what computes the same:"]
        lines += [f"  {member}" for member in kin]
    lines += _scores(said)
    missing = sorted({answer["why"] for answer in said["answers"] if answer["value"] is None})
    return "\n".join([*lines, *(["", *missing] if missing else [])])


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as lines, each column as wide as its widest cell; columns of numbers stand to the right.

    >>> print(aligned([("seed", "done"), ("0", "1,200"), ("all", "7")]))
    seed   done
    0     1,200
    all       7
    """
    rows = list(rows)
    count = max(map(len, rows), default=0)
    columns = [[row[place] for row in rows if len(row) > place] for place in range(count)]
    widths = [max(map(len, column)) for column in columns]
    right = [len(column) > 1 and all(map(_numeric, column[1:])) for column in columns]
    lines = (
        "  ".join(cell.rjust(widths[p]) if right[p] else cell.ljust(widths[p]) for p, cell in enumerate(row))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _numeric(cell: str) -> bool:
    return cell in ("-", "failed") or cell.replace(",", "").replace(".", "").replace("e", "").lstrip("-+").isdecimal()


def number(value: float) -> str:
    """A number as people read it: whole ones with commas, others with up to six digits.

    >>> number(802426.0), number(91.086700)
    ('802,426', '91.0867')
    """
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.6g}"


def span(values: Sequence[int]) -> str:
    """Whole numbers in short.

    >>> span([1, 2, 3]), span([0, 2]), span([-1])
    ('1-3', '0 2', 'published')
    """
    names = ["published" if value == -1 else str(value) for value in values]
    whole = [value for value in values if value >= 0]
    if len(whole) > 2 and whole == list(range(whole[0], whole[-1] + 1)):
        names = [name for name in names if name == "published"] + [f"{whole[0]}-{whole[-1]}"]
    return " ".join(names)


def _cell(value: float | str | None) -> str:
    return "-" if value is None else value if isinstance(value, str) else number(value)


def _mean(values: Sequence[float | str | None]) -> float | None:
    held = [value for value in values if isinstance(value, float)]
    return sum(held) / len(held) if held else None


def _size(count: int | None) -> str:
    return "in memory" if count is None else f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def _wrapped(title: str, text: str) -> list[tuple[str, str]]:
    """A title and its text, in lines of readable length."""
    lines = textwrap.wrap(text, WIDTH, break_on_hyphens=False)
    return [(title if not place else "", line) for place, line in enumerate(lines)]


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {v if isinstance(v, str) else json.dumps(v)}" for name, v in values.items())


def _environment(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    told = _listed({**environment["versions"], **environment["hardware"]}) or "not stated"
    return _wrapped("made with", f"{told} ({environment['rows']:,} rows)")


def _counts(said: Mapping[str, Any]) -> list[str]:
    if not said["schedules"]:
        return ["no rows yet", ""]
    rows = [["schedule", "seed", "done", "failed", "absent"]]
    for schedule in said["schedules"]:
        by_seed = [*schedule["counts_by_seed"].items()]
        for seed, counts in [*by_seed, *([("all", schedule["counts"])] if len(by_seed) > 1 else [])]:
            name = "published" if seed == "-1" else seed
            rows.append([str(schedule["epochs"]), name, *(f"{counts[s]:,}" for s in ("done", "failed", "absent"))])
    return [aligned(rows), ""]


def _metrics(said: Mapping[str, Any]) -> list[str]:
    rows = [["schedule", "metric", "unit", "seeds", "epochs"]]
    for schedule in said["schedules"]:
        for metric in schedule["metrics"]:
            cells = [metric["name"], metric["unit"], span(metric["seeds"]), span(metric["epochs"])]
            rows.append([str(schedule["epochs"]), *cells])
    return [aligned(rows), ""] if len(rows) > 1 else []


def _costs(said: Mapping[str, Any]) -> list[str]:
    rows = [["cost", "unit", "known", "least", "greatest"]]
    for cost in said["costs"]:
        ends = ["-" if cost[end] is None else number(cost[end]) for end in ("least", "greatest")]
        rows.append([cost["name"], cost["unit"], f"{cost['known']:,}", *ends])
    return [aligned(rows), ""] if len(rows) > 1 else []


def _proxies(said: Mapping[str, Any]) -> list[str]:
    rows = [["proxy", "better", "seeds", "scored", "failed", "median s"]]
    for proxy in said["proxies"]:
        counts = (f"{proxy[name]:,}" for name in ("scored", "failed"))
        spent = "-" if proxy["median_seconds"] is None else f"{proxy['median_seconds']:.2g}"
        rows.append([proxy["name"], proxy["better"], span(proxy["seeds"]), *counts, spent])
    settings = _wrapped("scores", _listed(said["proxy_settings"]))
    return [aligned(rows), "", aligned(settings), ""] if len(rows) > 1 else []


def _scores(said: Mapping[str, Any]) -> list[str]:
    seeds = sorted({int(seed) for proxy in said["proxies"] for seed in proxy["by_seed"]})
    rows = [["proxy", "better", *(f"seed {seed}" for seed in seeds), "mean"]]
    for proxy in said["proxies"]:
        cells = [_cell(proxy["by_seed"].get(str(seed))) for seed in seeds]
        rows.append([proxy["name"], proxy["better"], *cells, _cell(proxy["value"])])
    return ["", aligned(rows)] if len(rows) > 1 else []


def _failures(said: Mapping[str, Any]) -> list[str]:
    lines = []
    failed = [(f"schedule {schedule['epochs']}", schedule["failures"]) for schedule in said["schedules"]]
    failed += [(f"the proxy {proxy['name']}", proxy["failures"]) for proxy in said["proxies"]]
    for where, failures in failed:
        if not failures:
            continue
        reasons = Counter(failure["reason"] for failure in failures).most_common()
        lines.append(f"failures of {where}")
        lines += [f"  {count:,} x {reason}" for reason, count in reasons]
        lines += [f"  {f['architecture']}, seed {f['seed']}: {f['reason']}" for f in failures[:SHOWN]]
        if len(failures) > SHOWN:
            lines.append(f"  and {len(failures) - SHOWN:,} more, which --json lists")
        lines.append("")
    return lines
