"""Zero-cost scores in tables: what goes in comes out, failures stay failures, classes answer, settings do not mix."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench.__main__ import main
from nasbench.database.digest import content_digest
from nasbench.database.memory import MemoryContents
from nasbench.database.merge import MergedContents
from nasbench.database.schema import label
from nasbench.database.scores import ScoreRow
from nasbench.database.writer import TableWriter, write_table
from nasbench.registry import UnknownNameError
from nasbench.table import Table
from tests.database.making import BETTER, SETTINGS, SPACE, architecture, header, row, scores
from tests.database.scoring import digest, memory, score, write_scored
from tests.database.test_table import GROUP


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_scored(tmp_path / "table.h5")


def test_what_went_in_comes_out(path: Path) -> None:
    with Table.open(path) as table:
        assert table.proxies == BETTER and table.proxy_settings == SETTINGS
        assert table.proxy_seeds("noise") == (0, 2)
        for name in BETTER:
            assert score(table, 0, name, 0) == scores(0).values[name]
        assert score(table, 0, "naswot") == (scores(0).values["naswot"] + scores(0, seed=2).values["naswot"]) / 2
        assert score(table, 0, "noise") == scores(0).values["noise"], "a failed seed does not count"
        assert math.isnan(score(table, 0, "noise", 2)) and math.isnan(score(table, 3, "noise"))
        at = table.architectures.index(architecture(0))
        assert table.proxy_seconds("noise")[at] == scores(0).seconds["noise"] + scores(0, 2, True).seconds["noise"]
        assert table.proxy_seconds("noise", 0)[at] == scores(0).seconds["noise"]
        assert math.isnan(table.proxy_seconds("noise")[table.architectures.index(architecture(3))])
        failures = table.proxy_failures("noise")
        assert set(failures) == {(architecture(1), 0, "overflowed at 1"), (architecture(0), 2, "overflowed at 0")}
        assert [one.choices for one in table.rows()] == sorted([row(0).choices, row(3).choices])
        with pytest.raises(ValueError, match="read-only"):
            table.proxy("noise")[0] = 0


def test_a_table_says_what_it_has_not(path: Path) -> None:
    with Table.open(path) as table:
        with pytest.raises(UnknownNameError, match="did you mean 'naswot'"):
            table.proxy("naswott")
        with pytest.raises(LookupError, match="noise has no seed 1; it has: 0, 2"):
            table.proxy("noise", 1)


def test_the_class_answers(tmp_path: Path) -> None:
    """Scores stand at one member; all members in the table have them, and nobody else."""
    path = tmp_path / "table.h5"
    first = ScoreRow(GROUP[0].choices, SPACE.canonical_hash(GROUP[0]), 0, {"naswot": 7.0}, {"naswot": 2.0})
    with TableWriter(path, header()) as writer:
        for number in (1, 2):
            writer.commit(row(5, choices=GROUP[number].choices, class_hash=first.class_hash))
        writer.commit(row(5))
        writer.commit_scores([first], BETTER, SETTINGS)
    with Table.open(path) as table:
        mine = [table.architectures.index(GROUP[number]) for number in (0, 1, 2)]
        other = table.architectures.index(architecture(5))
        assert table.proxy("naswot")[mine].tolist() == [7.0, 7.0, 7.0]
        assert table.proxy_seconds("naswot")[mine].tolist() == [2.0, 2.0, 2.0]
        assert math.isnan(table.proxy("naswot")[other])


def test_searchers_may_see_scores(path: Path) -> None:
    with Table.open(path) as table:
        view = table.for_search()
        assert (view.proxies, view.proxy_settings) == (table.proxies, table.proxy_settings)
        np.testing.assert_array_equal(view.proxy("naswot", 2), table.proxy("naswot", 2))
        np.testing.assert_array_equal(view.proxy_seconds("noise"), table.proxy_seconds("noise"))


# -- the file -----------------------------------------------------------------------------------------------------


def test_a_table_without_scores_stays_of_version_1(tmp_path: Path, path: Path) -> None:
    plain = tmp_path / "plain.h5"
    write_table(plain, MemoryContents.from_rows(header(), [row(0)]))
    with h5py.File(plain) as file:
        assert file.attrs["schema_version"] == 1
        assert "proxies" not in file and "proxy_settings" not in file["header"]
    with Table.open(plain) as table:
        assert (table.proxies, table.proxy_settings, table.contents.schema_version) == ({}, {}, 1)
        before = table.digest
    with TableWriter(plain) as writer:
        writer.commit_scores([scores(0)], BETTER, SETTINGS)
    with Table.open(plain) as table:
        assert (table.contents.schema_version, len(list(table.rows()))) == (2, 1)
        assert table.digest != before
    with h5py.File(path) as file:
        assert label(file["proxies/noise/values"], "better") == "lower"


def test_scores_are_seen_before_they_are_folded(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writer:
        writer.commit_scores([scores(0)], BETTER, SETTINGS)
        assert writer.pending == 1
        with Table.open(path) as table:
            assert score(table, 0, "noise") == scores(0).values["noise"]
            waiting = table.digest
    with Table.open(path) as table:
        assert table.digest == waiting


@pytest.mark.parametrize(
    "rows",
    [
        [scores(0)],
        [scores(0), scores(1), scores(2)],
        [scores(0), scores(1, failed=True)],
        [scores(0), scores(1, seed=1)],
        [scores(0), scores(2)],
        [],
    ],
)
def test_what_scores_say_counts_in_the_digest(rows: list[ScoreRow]) -> None:
    assert digest(*rows) != digest(scores(0), scores(1))


def test_settings_count_in_the_digest_and_clocks_and_order_do_not() -> None:
    slow = ScoreRow(**{**vars(scores(0)), "seconds": {"naswot": 9.0, "noise": 8.0}})
    assert digest(scores(1), slow) == digest(scores(0), scores(1))
    assert digest(scores(0), images=32) != digest(scores(0))
    assert digest() == content_digest(MemoryContents.from_rows(header(), [row(0)])), "no scores, as in version 1"


CELLS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.booleans()), max_size=8)


@given(CELLS, CELLS)
@settings(max_examples=25)
def test_laid_over_each_other_as_in_a_dictionary(first: list, second: list) -> None:
    held: dict[tuple[int, int, str], float | str] = {}
    for index, seed, failed in [*first, *second]:
        one = scores(index, seed, failed)
        for name in BETTER:
            if not isinstance(held.get((index, seed, name)), float):
                held[index, seed, name] = one.values.get(name, one.failures.get(name, ""))
    merged = MergedContents(memory(*(scores(*c) for c in first)), memory(*(scores(*c) for c in second)))
    lines = {tuple(line): at for at, line in enumerate(merged.choices.tolist())}
    found: dict[tuple[int, int, str], float | str] = {}
    for name in BETTER:
        said = merged.scores(name)
        for index in range(5):
            for column, seed in enumerate(said.seeds):
                line = lines.get(architecture(index).choices)
                if line is not None and said.present[line, column]:
                    value = float(said.values[line, column])
                    found[index, seed, name] = said.reasons[line, column] if math.isnan(value) else value
    assert found == held
    assert content_digest(merged) == digest(*(scores(*c) for c in [*first, *second]))
    assert merged.conflicts() == []


# -- the commands -------------------------------------------------------------------------------------------------


def test_info_prints_them(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(path)]) == 0
    text = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "proxy better seeds scored failed median s" in lines
    assert any(line.startswith("naswot higher 0 2 3 0 ") for line in lines)
    assert any(line.startswith("noise lower 0 2 1 2 ") for line in lines)
    assert "scores channels 8, dataset digits, images 64, input_shape [1, 8, 8]" in lines
    assert "failures of the proxy noise" in lines
    assert f"{SPACE.format(architecture(1))}, seed 0: overflowed at 1" in lines
    assert any(line.endswith("kB, schema 2") for line in lines)
    assert main(["info", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [proxy["failed"] for proxy in said["proxies"]] == [0, 2] and said["proxy_settings"] == SETTINGS


def test_query_prints_those_of_the_class(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in (0, 1):  # one that was trained, one that was only scored
        assert main(["query", str(path), SPACE.format(architecture(index))]) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        value = f"{scores(index).values['naswot']:.6g}"
        assert any(line[:3] == ["naswot", "higher", value] for line in lines)


def test_a_csv_file_holds_all_of_them(path: Path, tmp_path: Path) -> None:
    assert main(["export", str(path), str(tmp_path / "out.csv")]) == 0
    with open(tmp_path / "out.csv", newline="", encoding="utf-8") as file:
        lines = [line for line in csv.DictReader(file) if not line["schedule"]]
    found = {(line["architecture"], line["seed"]): line for line in lines}
    assert len(found) == len(lines) == 3
    for one in (scores(0), scores(1, failed=True), scores(0, seed=2, failed=True)):
        line = found[SPACE.format(SPACE.architecture(one.choices)), str(one.seed)]
        assert line["class_hash"] == one.class_hash
        assert line["status"] == ("failed" if one.failures else "done")
        assert line["reason"] == "; ".join(f"{name}: {reason}" for name, reason in one.failures.items())
        for name in BETTER:
            assert line[f"proxy_{name}"] == (repr(one.values[name]) if name in one.values else "")
            assert line[f"proxy_{name}_seconds"] == repr(one.seconds[name])
