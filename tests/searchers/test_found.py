"""Who found what: credit by hand, from real folders by a second way, and into a fit that leaves each group out."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from searchers.found import Find, Share, as_text, credit, read_runs, shares, write_finds
from searchers.trace import Trace
from tests.predictors.examples import class_members, worth, write_table
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
CELLS = class_members(120)


def trace(searcher: str, *cells: int, space: str = "nas_bench_201") -> Trace:
    """A run that asked for some of the cells."""
    choices = np.array([CELLS[cell].choices for cell in cells], dtype=np.int8)
    numbers = [np.zeros(len(cells)) for _ in range(6)]
    counts = [np.arange(len(cells))] * 3
    return Trace(choices, *numbers, *counts, meta={"searcher": searcher, "space": space})


def credited(*traces: Trace) -> dict[int, tuple[str, int]]:
    return {CELLS.index(find.architecture): (find.label, find.queries) for find in credit(traces)}


def test_most_queries_win_over_all_runs() -> None:
    assert credited(trace("a", 1, 2), trace("b", 3, 2, 2), trace("b", 1), trace("b", 1)) == {
        1: ("b", 2),
        2: ("b", 2),
        3: ("b", 1),
    }


def test_of_equals_the_earliest_then_the_first_named() -> None:
    assert credited(trace("a", 1, 2, 3), trace("b", 1, 3, 2)) == {1: ("a", 1), 2: ("a", 1), 3: ("b", 1)}
    assert credited(trace("b", 1), trace("a", 1)) == {1: ("b", 1)}
    assert credited(trace("a", 4, 2), trace("a", 2, 4), trace("b", 3, 2), trace("b", 3, 2))[2] == ("a", 2)


def test_shares_count_runs_queries_and_what_nobody_else_asked() -> None:
    traces = [trace("a", 1, 2, 3, 3), trace("b", 1, 2, 2), trace("b", 5)]
    assert shares(traces, credit(traces)) == [Share("a", 1, 4, 3, 2, 1), Share("b", 2, 4, 3, 2, 1)]
    assert as_text(shares(traces, credit(traces))).splitlines()[1].split() == ["a", "1", "4", "3", "2", "1"]


def test_finds_stand_by_searcher_in_a_file(tmp_path: Path) -> None:
    write_finds(tmp_path / "found.csv", [Find(CELLS[0], "a", 3)])
    text = f"architecture,label,queries\n{NB201.format(CELLS[0])},a,3\n"
    assert (tmp_path / "found.csv").read_text() == text


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table, a comparison and a search on it."""
    folder = tmp_path_factory.mktemp("found")
    noise = 0.5 * np.random.default_rng(2).standard_normal(len(CELLS))
    write_table(folder / "t.h5", CELLS, worth(CELLS) + noise)
    told = ["--evaluator", f"table={folder / 't.h5'}", "--queries", "25"]
    three = ["--searchers", "local_search,random_search,regularized_evolution"]
    assert main(["compare", *told, *three, "--seeds", "3", "--workers", "1", "--out", str(folder / "compare")]) == 0
    assert main(["search", *told, "--searcher", "random_search", "--seed", "9", "--out", str(folder / "search")]) == 0
    return folder


def lines(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_comparison_by_a_second_way(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["found", str(made / "compare"), "--out", str(tmp_path / "found.csv")]) == 0
    said = capsys.readouterr().out
    counts: Counter[tuple[str, str]] = Counter()
    for path in (made / "compare" / "traces").rglob("*.npz"):
        choices = np.load(path)["choices"].tolist()
        counts.update((NB201.format(NB201.architecture(one)), path.parent.name) for one in choices)
    found = lines(tmp_path / "found.csv")
    assert sorted(line["architecture"] for line in found) == sorted({text for text, _ in counts})
    for line in found:
        most = max(count for (text, _), count in counts.items() if text == line["architecture"])
        assert int(line["queries"]) == most == counts[line["architecture"], line["label"]]
    labels = list(dict.fromkeys(line["label"] for line in found))
    assert labels == ["local_search", "random_search", "regularized_evolution"]
    for name in labels:
        credited = sum(line["label"] == name for line in found)
        row = next(text.split() for text in said.splitlines() if text.startswith(name))
        assert (row[1], row[2], row[4]) == ("3", "75", str(credited))
    assert f"{len(found)} architectures of nas_bench_201" in said


def test_folders_add_up_and_count_once(made: Path, tmp_path: Path) -> None:
    compare, search = made / "compare", made / "search"
    assert (len(read_runs([compare])), len(read_runs([search])), len(read_runs([compare, search]))) == (9, 1, 10)
    assert len(read_runs([compare, made / "search" / ".." / "compare"])) == 9


def test_a_fit_leaves_each_searchers_finds_out(made: Path, tmp_path: Path) -> None:
    found, out = tmp_path / "found.csv", tmp_path / "fit"
    assert main(["found", str(made / "compare"), "--out", str(found)]) == 0
    words = ["--predictor", "ridge", "--encoding", "one_hot", "--quality", "full", "--groups", str(found)]
    assert main(["fit", str(made / "t.h5"), *words, "--out", str(out)]) == 0
    checks = json.loads((out / "result.json").read_text())["quality"]["checks"]
    tested = {check["label"]: check["n_test"] for check in checks if check["check"] == "left_out_group"}
    assert tested == Counter(line["label"] for line in lines(found))


@pytest.mark.parametrize("kind", ["nothing", "fit", "damaged", "empty"])
def test_foreign_folders_are_refused(kind: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "other"
    expected = "expected a folder that nasbench compare or nasbench search wrote"
    if kind == "damaged":
        shutil.copytree(made / "compare", folder)
        (folder / "traces" / "table" / "local_search" / "0001.npz").write_bytes(b"PK nothing")
        expected = "0001.npz is not a trace of a run, or is damaged"
    elif kind != "nothing":
        folder.mkdir()
        (folder / "result.json").write_text(json.dumps({"kind": "fit" if kind == "fit" else "search"}))
        expected = "holds no finished run" if kind == "empty" else f"holds a result of fit: {expected}"
    capsys.readouterr()
    assert main(["found", str(folder), "--out", str(tmp_path / "found.csv")]) == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "found.csv").exists()


def test_runs_of_two_spaces_are_refused(tmp_path: Path) -> None:
    for space in ("nas_bench_201", "other"):
        run = trace("a", 1, space=space)
        run.meta.update(format="nasbench-forge trace", version=1)
        run.save(tmp_path / space / "trace.npz")
        (tmp_path / space / "result.json").write_text(json.dumps({"kind": "search", "searchers": ["a"]}))
        assert len(read_runs([tmp_path / space])) == 1
    with pytest.raises(ValueError, match="runs in one space, got nas_bench_201, other"):
        read_runs([tmp_path / "nas_bench_201", tmp_path / "other"])


def test_small_tables_of_the_kit_are_found_on_too(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS[:8])
    words = ["--evaluator", f"table={path}", "--searcher", "random_search", "--queries", "30"]
    assert main(["search", *words, "--out", str(tmp_path / "run")]) == 0
    assert {find.architecture for find in credit(read_runs([tmp_path / "run"]))} == set(CELLS[:8])
