"""Zero-cost proxies: what each costs, how steady it is, how well it ranks with its size and without."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nasbench import load_space
from predictors.published import SETTINGS
from reports.drawing import Drawing, words
from reports.figures.proxy_correlations import ProxyBars, compute_proxy_bars, draw_proxy_bars
from reports.result import Result, Told
from reports.section import SCORES, Section, measure_words
from reports.settings import Settings
from reports.statistics import Estimate
from reports.table import Cell, Column, Table, Value, interval_text
from searchers.measure import Measure

OVER = {"rows": "architectures as they are written down", "classes": "classes of those that compute the same"}
"""Over what proxies rank."""


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for each result of cards."""
    return [_section(r) for r in results if isinstance(r, Told) and r.kind == "cards" and r.info["cards"]]


def _section(result: Told) -> Section:
    bars = {over: compute_proxy_bars(result, over) for over in OVER}
    return Section(
        f"cards-{result.name}",
        f"Zero-cost proxies ({result.name})",
        (_setting(result), *(_finding(result, over, bars[over]) for over in OVER), *_seeds(result)),
        (_about(result), _ranking(result)),
        tuple(_drawing(result, over, bars[over]) for over in OVER),
    )


def _setting(result: Told) -> str:
    said = result.info["settings"]
    return (
        f"Proxies of {result.info['scores_table']} looked at {said.get('images', '?')} images of "
        f"{words(str(said.get('dataset', 'a data set')))} through untrained networks of {said.get('channels', '?')} "
        f"channels and {_cells(result)}, with weights drawn as "
        f"{'torch does' if said.get('initialisation') == 'torch' else 'trainings do'}. They are judged by "
        f"{measure_words(Measure(str(result.info['metric']), int(result.info['schedule'])))} in "
        f"{result.info['table']}."
    )


def _cells(result: Told) -> str:
    """How many cells the networks had; a stage where the result does not name its space."""
    cells, space = result.info["settings"].get("cells", "?"), result.info.get("space")
    return load_space(str(space)).cells_text(cells) if space else f"{cells} cells a stage"


def _finding(result: Told, over: str, bars: ProxyBars) -> str:
    best = f"{words(bars.proxies[0])} ranks best, {SCORES['spearman']} {_with_ends(bars.raw, bars.raw_ends, 0)}"
    text = f"Of {_counted(result, over)} {OVER[over]}, {best}"
    if not np.isnan(bars.less_size).all():
        first = int(np.nanargmax(bars.less_size))
        value = _with_ends(bars.less_size, bars.less_size_ends, first)
        text += f"; after parameters and FLOPs are taken out {words(bars.proxies[first])} does, {value}"
    return text + "."


def _with_ends(values: np.ndarray, ends: np.ndarray, place: int) -> str:
    low, high = ends[:, place].tolist()
    return interval_text(Estimate(float(values[place]), low, high, 0), 3)


def _seeds(result: Told) -> Iterator[str]:
    """Which proxies depend on how weights were drawn, where there are several initialisations."""
    several = [card for card in result.info["cards"] if card["seeds"] > 1]
    cards = [card for card in several if card["seed_spearman"] is not None and card["deviation"]]  # sizes have no seed
    if cards:
        least, most = (choose(cards, key=lambda card: float(card["seed_spearman"])) for choose in (min, max))
        yield (
            f"Between two initialisations {words(least['proxy'])} agrees least, {SCORES['spearman']} "
            f"{least['seed_spearman']:.3f}, {words(most['proxy'])} most, {most['seed_spearman']:.3f}."
        )
    elif not several:
        yield "There is one initialisation of each network: how much scores depend on it is not known."


def _about(result: Told) -> Table:
    columns = (
        Column("proxy", "proxy", form="text"),
        Column("better", "better", form="text"),
        Column("seconds", "seconds each", 4),
        Column("scored", "scored"),
        Column("failed", "failed"),
        Column("seeds", "seeds"),
        Column("seed_spearman", "two seeds, ρ", 3),
        Column("deviation", "deviation over seeds [%]", 1),
    )
    rows: list[tuple[Cell | Value, ...]] = []
    for card in result.info["cards"]:
        deviation = None if card["deviation"] is None else 100 * card["deviation"]
        numbers = [card[name] for name in ("seconds", "scored", "failed", "seeds", "seed_spearman")]
        rows.append((words(card["proxy"]), card["better"], *numbers, deviation))
    notes = (
        "Seconds: median of one score; a pass that several proxies share is split evenly between them. Two seeds: "
        "Spearman ρ between scores of two initialisations, mean over pairs. Deviation: standard deviation over "
        "initialisations as a share of the mean, median over classes.",
    )
    return Table(f"{result.name}-proxies", "What proxies cost and how steady they are", columns, tuple(rows), notes)


def _ranking(result: Told) -> Table:
    sources: list[dict[str, Any]] = result.info["published"]
    columns = [Column("proxy", "proxy", form="text")]
    for over in OVER:
        columns += [
            Column(f"{over}_n", f"n {over}"),
            Column(f"{over}_spearman", f"{SCORES['spearman']} {over}", 3, "interval"),
            Column(f"{over}_kendall", f"{SCORES['kendall']} {over}", 3, "interval"),
            Column(f"{over}_partial", "ρ less size", 3, "interval"),
        ]
    columns += [Column(f"published_{place}", str(source["name"]), 3) for place, source in enumerate(sources)]
    rows: list[tuple[Cell | Value, ...]] = []
    for card in result.info["cards"]:
        numbers = [value for over in OVER for value in _agreement(card[over])]
        rows.append((words(card["proxy"]), *numbers, *(card["published"].get(source["name"]) for source in sources)))
    notes = [
        "Positive where better scores have the better architectures; scores are means over initialisations. Less size: "
        "Spearman ρ of what ranks of parameters and FLOPs do not explain. Sizes are as published over rows, as built "
        "over classes.",
    ]
    if said := _intervals(result):
        notes.append(f"In brackets {said}.")
    if sources:
        told = [f"{source['name']}: {source['population']}" for source in sources]
        notes.append(f"Spearman ρ published for CIFAR-10, of rows: {'; '.join(told)}. Measured with {SETTINGS}.")
    return Table(f"{result.name}-ranking", "How well proxies rank", tuple(columns), tuple(rows), tuple(notes))


def _drawing(result: Told, over: str, bars: ProxyBars) -> Drawing:
    text = (
        f"Spearman ρ of each proxy over {_counted(result, over)} {OVER[over]}, as it is and after parameters and FLOPs "
    )
    text += f"are taken out{'; marks are published values' if bars.published else ''}."
    if said := _intervals(result):
        text += f" Lines: {said}."
    return Drawing(f"{result.name}-{over}", text, draw_proxy_bars(bars))


def _agreement(one: dict[str, Any]) -> list[Value]:
    """How many, and the correlations with their intervals."""
    return [int(one["n"]), *(_estimate(one, name) for name in ("spearman", "kendall", "partial"))]


def _estimate(one: dict[str, Any], name: str) -> Estimate | None:
    low, high = (one.get(f"{name}_{end}") for end in ("low", "high"))
    if one[name] is None:
        return None
    ends = (math.nan, math.nan) if low is None or high is None else (float(low), float(high))
    return Estimate(float(one[name]), *ends, int(one["n"]))


def _intervals(result: Told) -> str:
    """What intervals are of; nothing in results that are older than these."""
    said = result.info.get("intervals")
    if said is None:
        return ""
    return f"{100 * said['level']:.0f} % intervals from {said['resamples']:,} resamples of whole {said['drawn']}"


def _counted(result: Told, over: str) -> str:
    """How many are ranked, from the proxy that scored fewest to the one that scored most."""
    n = sorted({int(card[over]["n"]) for card in result.info["cards"]})
    return f"{n[-1]:,}" if len(n) == 1 else f"{n[0]:,} to {n[-1]:,}"
