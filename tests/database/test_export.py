"""`nasbench export`: everything the table holds, a line a training and epoch."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from nasbench import export as exporting
from nasbench.__main__ import main
from nasbench.database.memory import MemoryContents
from nasbench.database.writer import write_table
from tests.database.making import CURVES, FINALS, SPACE, architecture, header, row

ROWS = [
    row(0),
    row(0, seed=1),
    row(1, failed=True),
    row(0, schedule=2),
    row(3, seed=-1),
    row(4, failed=True, curves={}),
]
COSTS = {"flops": {row(0).choices: 7.0, row(5).choices: 9.0}, "latency": {row(0).choices: 0.25}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table.h5"
    costs = {name: ("count" if name == "flops" else "seconds", values) for name, values in COSTS.items()}
    hashes = {row(5).choices: row(5).class_hash}
    write_table(path, MemoryContents.from_rows(header(), ROWS, costs, hashes))
    return path


def expected() -> list[dict[str, str]]:
    """The lines, one by one from the rows."""
    lines = []
    for one in ROWS:
        last = max([len(values) for values in one.curves.values()], default=0)
        for epoch in range(1, last + 1) if last else [None]:
            numbers = {name: values[epoch - 1] for name, values in one.curves.items() if epoch}
            numbers |= one.finals if epoch == one.schedule else {}
            lines.append(
                {
                    "architecture": SPACE.format(SPACE.architecture(one.choices)),
                    "class_hash": one.class_hash,
                    "schedule": str(one.schedule),
                    "seed": str(one.seed),
                    "status": one.status,
                    "reason": one.reason,
                    "epoch": str(epoch or ""),
                    **{name: _text(numbers.get(name)) for name in (*CURVES, *FINALS)},
                    **_costs(one.choices),
                }
            )
    alone = {"architecture": SPACE.format(architecture(5)), "class_hash": row(5).class_hash, "status": "absent"}
    keys = ("schedule", "seed", "reason", "epoch", *CURVES, *FINALS)
    return [*lines, {**alone, **dict.fromkeys(keys, ""), **_costs(row(5).choices)}]


def _text(value: float | None) -> str:
    return "" if value is None or value != value else repr(value)


def _costs(choices: tuple[int, ...]) -> dict[str, str]:
    flops = COSTS["flops"].get(choices)
    return {"flops": "" if flops is None else str(int(flops)), "latency": _text(COSTS["latency"].get(choices))}


def ordered(lines: list[dict[str, str]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(line.items()) for line in lines)


def test_the_lines_of_a_csv_file(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.csv"
    assert main(["export", str(path), str(out)]) == 0
    with open(out, newline="", encoding="utf-8") as file:
        assert ordered(list(csv.DictReader(file))) == ordered(expected())
    assert f"out.csv: {len(expected())} lines, 5 architectures" in capsys.readouterr().out


def test_small_blocks_give_the_same_file(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["export", str(path), str(tmp_path / "a.csv")]) == 0
    monkeypatch.setattr(exporting, "_BLOCK", 1)
    assert main(["export", str(path), str(tmp_path / "b.csv")]) == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_parquet_holds_the_same(path: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    for name in ("out.csv", "out.parquet"):
        assert main(["export", str(path), str(tmp_path / name)]) == 0
    flat = pandas.read_csv(tmp_path / "out.csv", keep_default_na=False, na_values=[""])
    columns = pandas.read_parquet(tmp_path / "out.parquet")
    assert list(flat.columns) == list(columns.columns)
    pandas.testing.assert_frame_equal(
        flat.fillna({"reason": ""}).astype(dict.fromkeys(("schedule", "seed", "epoch", "flops"), "float64")),
        columns.astype(dict.fromkeys(("schedule", "seed", "epoch", "flops"), "float64")),
        check_dtype=False,
    )
    assert len(columns) == len(expected())


def test_a_missing_pyarrow_is_named(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["export", str(path), str(tmp_path / "out.parquet")]) == 2
    assert "needs pyarrow, which is not installed: pip install 'nasbench-forge[parquet]'" in capsys.readouterr().err
    assert not (tmp_path / "out.parquet").exists()


def test_other_names_and_places_are_refused(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(path), str(tmp_path / "out.xlsx")]) == 2
    assert "its name must end in .csv or .parquet" in capsys.readouterr().err
    assert main(["export", str(path), str(tmp_path / "none" / "out.csv")]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["table.h5"]


def test_an_export_that_is_stopped_leaves_the_old_file(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")

    def stopped(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "blocks", stopped)
    assert main(["export", str(path), str(out)]) == 130
    assert out.read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.csv", "table.h5"]
