"""One-shot searches: what each found and what that is worth, how shared weights rank, how the strengths went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from reports.drawing import Drawing, Look, looks, words
from reports.figures.cells import compute_cells, draw_cells, operation_colours
from reports.figures.oneshot_curves import EpochPanel, compute_epoch_curves, draw_epoch_curves
from reports.figures.shared_ranking import compute_shared_rankings, draw_shared_rankings
from reports.figures.strengths import compute_strengths, draw_strengths
from reports.leanings import leanings
from reports.oneshot import OneShot, by_label, group_searches
from reports.result import Result, number_ranges
from reports.section import Section, listed, measure_unit, measure_words, numbered
from reports.settings import Settings
from reports.table import Cell, Column, Table, Value, interval_text
from searchers.measure import Measure

Searches = Mapping[str, Sequence[OneShot]]


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for the searches that may stand side by side, and so for each such group; none without a search."""
    return numbered(group_searches(results), "oneshot", lambda group, name: _section(group, name, settings))


def _section(group: Sequence[OneShot], name: str, settings: Settings) -> Section:
    searches = by_label(group)
    info = group[0].info
    measure = next((search.measure for search in group if search.measure is not None), None)
    recipe = info.get("recipe", {})
    dataset = info.get("data", {}).get("name", recipe.get("dataset", "images"))
    sizes = ", ".join(f"{key} {recipe[key]}" for key in ("epochs", "channels", "cells") if key in recipe)
    return Section(
        name,
        f"One-shot searches of {info['space']} on {dataset}{f' ({sizes})' if sizes else ''}",
        tuple(_findings(searches, measure, settings)),
        (
            _summary(searches, name, measure, settings),
            *leanings(searches, name, settings),
            _found(searches, name, measure),
        ),
        tuple(_drawings(searches, name, measure, settings)),
    )


def _trues(of_seed: Sequence[OneShot]) -> list[float]:
    return [float(search.arrays["true"][-1]) for search in of_seed]


def _random(searches: Searches) -> dict[str, Any]:
    """Mean, deviation and best of all that the table knows; empty where none was asked."""
    every = [search.info.get("random") for of_seed in searches.values() for search in of_seed]
    return next((found for found in every if found), {})


def _findings(searches: Searches, measure: Measure | None, settings: Settings) -> Iterator[str]:
    random = _random(searches)
    for label, of_seed in searches.items():
        true, kendall = settings.estimate(_trues(of_seed)), settings.estimate(s.kendall for s in of_seed)
        parts = []
        if measure is not None and true.n:
            parts.append(
                f"what it found has a {measure_words(measure)} of {interval_text(true, 2)}{_percent(measure)}"
                + (f" (the mean of the table is {random['mean']:.2f})" if random.get("mean") is not None else "")
            )
        if kendall.n:
            parts.append(f"shared weights rank random architectures with Kendall τ {interval_text(kendall, 3)}")
        fallen = [search.seed for search in of_seed if _ends_collapsed(search)]
        if fallen:
            parts.append(f"more than half of the edges are skips in what it found with seed {number_ranges(fallen)}")
        if parts:
            yield f"{words(label)}, {len(of_seed)} search{'' if len(of_seed) == 1 else 'es'}: {listed(parts)}."


def _percent(measure: Measure) -> str:
    return " %" if measure_unit(measure) else ""


def _ends_collapsed(search: OneShot) -> bool:
    return bool(search.collapsed) and search.collapsed[-1] == len(search.arrays["choices"])


def _summary(searches: Searches, name: str, measure: Measure | None, settings: Settings) -> Table:
    """A row a searcher, over its seeds."""
    true = [] if measure is None else [Column("true", f"{measure_words(measure)}{measure_unit(measure)}", 2)]
    columns = (
        Column("searcher", "searcher", form="text"),
        Column("n", "n"),
        Column("seeds", "seeds", form="text"),
        *true,
        Column("shared", "by shared weights [%]", 2),
        Column("kendall", "Kendall τ", 3),
        Column("ranked", "architectures ranked"),
        Column("entropy", "entropy [nats]", 3),
        Column("skips", "skips found", 1),
        Column("collapsed", "collapsed"),
        Column("seconds", "seconds", 1),
    )
    rows: list[tuple[Cell | Value, ...]] = []
    for label, of_seed in searches.items():
        last = [{key: search.arrays[key][-1] for key in ("val_accuracy", "entropy", "skips")} for search in of_seed]
        rows.append(
            (
                words(label),
                len(of_seed),
                number_ranges(search.seed for search in of_seed),
                *([] if measure is None else [settings.estimate(_trues(of_seed))]),
                settings.estimate(float(each["val_accuracy"]) for each in last),
                settings.estimate(search.kendall for search in of_seed),
                max(len(search.ranked[0]) for search in of_seed),
                settings.estimate(float(each["entropy"]) for each in last),
                settings.estimate(float(each["skips"].sum()) for each in last),
                sum(map(_ends_collapsed, of_seed)),
                settings.estimate(float(search.arrays["seconds"].sum()) for search in of_seed),
            )
        )
    random = _random(searches)
    orientation = (
        f"All architectures of the table: {random['mean']:.2f} in the mean, standard deviation "
        f"{random['deviation']:.2f}, best {random['best']:.2f}."
        if random.get("mean") is not None
        else "No table was asked what architectures are worth."
    )
    notes = (
        f"{settings.statistic.capitalize()} over n seeds ± half the {settings.interval}; of what is found after the "
        "last epoch. Kendall τ: accuracy by shared weights against the table, over random architectures that it "
        "knows. Collapsed: searches that end with skips on more than half of the edges. Seconds: of all steps.",
        orientation,
    )
    return Table(f"{name}-searchers", "One-shot searchers", columns, tuple(rows), notes)


def _found(searches: Searches, name: str, measure: Measure | None) -> Table:
    """A row a search: the architecture, what it is worth, whether it collapsed."""
    true = [] if measure is None else [Column("true", f"{measure_words(measure)}{measure_unit(measure)}", 2)]
    columns = (
        Column("search", "search", form="text"),
        Column("searcher", "searcher", form="text"),
        Column("seed", "seed"),
        *true,
        Column("kendall", "Kendall τ", 3),
        Column("skips", "skips"),
        Column("warning", "collapsed after epoch", form="text"),
        Column("architecture", "architecture found", form="long"),
    )
    rows: list[tuple[Cell | Value, ...]] = [
        (
            search.name,
            words(label),
            search.seed,
            *([] if measure is None else _trues([search])),
            search.kendall,
            int(search.arrays["skips"][-1].sum()),
            number_ranges(search.collapsed) if search.collapsed else "–",
            search.space.format(search.pick),
        )
        for label, of_seed in searches.items()
        for search in of_seed
    ]
    notes = ("Collapsed: more than half of the edges of the epoch's architecture are skips.",)
    return Table(f"{name}-found", "What each search found", columns, tuple(rows), notes)


def _drawings(searches: Searches, name: str, measure: Measure | None, settings: Settings) -> Iterator[Drawing]:
    style = looks(searches)
    yield _curves(searches, name, measure, settings, style)
    rankings = compute_shared_rankings(searches, settings)
    if rankings and measure is not None:
        yield Drawing(
            f"{name}-ranking",
            f"Accuracy by shared weights against {measure_words(measure)} of the same random architectures, a point "
            "each, later seeds fainter; Kendall τ is over all of them.",
            draw_shared_rankings(rankings, style, measure_words(measure) + measure_unit(measure)),
        )
    yield from _cells(searches, name)
    yield from _strengths(searches, name)


def _curves(
    searches: Searches, name: str, measure: Measure | None, settings: Settings, style: Mapping[str, Look]
) -> Drawing:
    first = next(iter(searches.values()))[0]
    random = _random(searches)
    worth = {key: random[key] for key in ("mean", "best") if random.get(key) is not None}
    uniform = {"even": float(np.log(len(first.cells.operations)))}
    label = "" if measure is None else measure_words(measure) + measure_unit(measure)
    panels = [
        EpochPanel(label, compute_epoch_curves(searches, "true", settings), worth),
        EpochPanel("accuracy by shared weights [%]", compute_epoch_curves(searches, "val_accuracy", settings), {}),
        EpochPanel("entropy of strengths [nats]", compute_epoch_curves(searches, "entropy", settings), uniform),
        EpochPanel("edges that are skips", compute_epoch_curves(searches, "skips", settings), {}, counted=True),
    ]
    caption = (
        f"The architecture that each search would give after each epoch, {settings.statistic} over n seeds with "
        f"{settings.interval}: its worth, where a table knows it (dotted: mean and best of the table), its validation "
        "accuracy by shared weights, the entropy of the strengths of an edge (dotted: all operations alike), and how "
        "many of its edges are skips."
    )
    return Drawing(f"{name}-epochs", caption, draw_epoch_curves([panel for panel in panels if panel.curves], style))


def _cells(searches: Searches, name: str) -> Iterator[Drawing]:
    """Each architecture that was found, once."""
    found: dict[str, list[OneShot]] = {}
    for search in (search for of_seed in searches.values() for search in of_seed):
        found.setdefault(search.space.format(search.pick), []).append(search)
    for place, (text, by) in enumerate(found.items()):
        space = by[0].space
        cells = compute_cells(space, by[0].pick)
        finders = listed([f"{words(search.searcher)} (seed {search.seed})" for search in by])
        figure = draw_cells(cells, operation_colours(space))
        yield Drawing(f"{name}-cell-{place + 1}", f"Found by {finders}: {text}", figure)


def _strengths(searches: Searches, name: str) -> Iterator[Drawing]:
    """The strengths of each searcher's first seed, a figure a kind of cells."""
    for place, (label, of_seed) in enumerate(searches.items()):
        search = of_seed[0]
        for kind, kind_name in enumerate(search.cells.kinds):
            panels = compute_strengths(search, kind)
            if panels:
                which = f", {kind_name} cell" if len(search.cells.kinds) > 1 else ""
                title = f"{words(label)}, seed {search.seed}{which}"
                yield Drawing(
                    f"{name}-strengths-{place + 1}-{kind_name}",
                    f"{title}: each operation's share of the strength of its edge after each epoch, a panel an edge, "
                    "coloured from the least share to the greatest; the orange mark is beside the operation that the "
                    "architecture found has there.",
                    draw_strengths(panels, search.cells.operations, title),
                )
