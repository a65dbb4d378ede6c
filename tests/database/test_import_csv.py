"""`nasbench import csv`: the grammar, what a file may hold, and the sentences for what it may not."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from nasbench.__main__ import main
from nasbench.importers._grammar import Costed, Measured, Quantity
from nasbench.importers.csv import CSVImporter
from nasbench.registry import IMPORTERS
from nasbench.table import PUBLISHED, Table
from tests.database.making import SPACE, architecture

ARCHS = [SPACE.format(architecture(i)) for i in range(4)]
COLUMNS = ["val_accuracy@200=valid", "test_accuracy@200=test", "test_accuracy@200#1=test_1", "val_accuracy@12=valid_12"]


def file(folder: Path, *lines: str, head: str = "index,arch,valid,test,test_1,valid_12,flops_m") -> Path:
    path = folder / "source.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def good(folder: Path) -> Path:
    return file(
        folder,
        f"0,{ARCHS[0]},81.9,85.8633,86.18,63.364,15.64737",
        f"1,{ARCHS[1]},90.39,93.66,,82.834,113.95137",
        f"2, {ARCHS[2]} , 10 , nan , NaN ,,7.78305",
    )


def run(source: Path, *words: str, out: str = "out.h5") -> int:
    return main(["import", "csv", str(source), str(source.parent / out), "--space", "nas_bench_201", *words])


def columns(*texts: str) -> list[str]:
    return [word for text in texts for word in ("--column", text)]


def test_a_table_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(good(tmp_path), *columns(*COLUMNS), "--cost", "flops=flops_m*1000000") == 0
    printed = capsys.readouterr().out
    assert re.search(r"out\.h5: 3 architectures of nas_bench_201, 3 classes", printed)
    assert re.search(r"test_accuracy@200#1 +1 numbers", printed)
    with Table.open(tmp_path / "out.h5") as table:
        first, second, third = map(architecture, range(3))
        assert table.schedules == (12, 200)
        assert table.query(first) == 81.9
        assert table.query(first, "test_accuracy") == 85.8633, "the published aggregate"
        assert table.query(first, "test_accuracy", seed=1) == 86.18
        assert table.query(third, schedule=200) == 10
        assert table.seeds("test_accuracy") == (PUBLISHED, 1)
        assert table.seeds("val_accuracy") == (PUBLISHED,)
        assert table.epochs("val_accuracy") == (200,)
        at = {arch: place for place, arch in enumerate(table)}
        assert [table.cost("flops")[at[architecture(i)]] for i in range(3)] == [15647370, 113951370, 7783050]
        absent = [
            (second, "test_accuracy", 200, 1),
            (third, "test_accuracy", 200, None),
            (third, "val_accuracy", 12, None),
        ]
        for arch, metric, schedule, seed in absent:
            with pytest.raises(LookupError):
                table.query(arch, metric, schedule, seed=seed)
        assert [table.status(third, 200, seed) for seed in (PUBLISHED, 1)] == ["done", "absent"]
        assert table.status(third, 12, PUBLISHED) == "absent"
        assert table.header.origin.startswith("imported from source.csv (SHA-256 ")
        assert "test_accuracy@200#1=test_1" in table.header.origin
        assert table.class_hashes.tolist() == [SPACE.canonical_hash(arch) for arch in table]


def test_the_importer_is_in_the_register() -> None:
    assert "csv" in IMPORTERS.names()
    assert IMPORTERS.load("csv") is CSVImporter


# -- grammar ------------------------------------------------------------------------------------------------------


def test_the_grammar_of_columns() -> None:
    one = Measured.parse("val_accuracy@200=valid_200")
    assert (one.metric, one.schedule, one.seed, one.quantity) == ("val_accuracy", 200, -1, Quantity("valid_200"))
    assert Measured.parse("test_accuracy@12#3=a=b*2") == Measured("test_accuracy", 12, 3, Quantity("a=b*2"))
    assert [Measured.parse(text).name for text in ("seconds@5=x", "seconds@5#0=x")] == ["seconds@5", "seconds@5#0"]
    assert Costed.parse("latency_pixel2=pixel2*0.001") == Costed("latency_pixel2", Quantity("pixel2*0.001"))


def test_a_quantity_is_a_column_or_a_column_times_a_number() -> None:
    names = ["arch", "flops_m", "a*2", "b*"]
    assert Quantity("flops_m").resolve(names) == (1, None)
    assert Quantity("flops_m*1000000").resolve(names) == (1, Decimal(1000000))
    assert Quantity("flops_m*-1e-3").resolve(names) == (1, Decimal("-0.001"))
    assert Quantity("a*2").resolve(names) == (2, None), "a column may be called so"
    assert Quantity("a*2*3").resolve(names) == (2, Decimal(3))
    assert Quantity("b*").resolve(names) == (3, None)


@pytest.mark.parametrize(
    "text",
    ["", "valid", "val_accuracy=valid", "val_accuracy@=valid", "val_accuracy@200", "val_accuracy@200=", "@200=valid",
     "val_accuracy@-1=valid", "val_accuracy@0=valid", "val_accuracy@2.5=valid", "val_accuracy@200#=valid",
     "val_accuracy@200#-1=valid", "val_accuracy@200#x=valid", "val_accuracy#1@200=valid"],
)  # fmt: skip
def test_columns_of_another_grammar(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert run(good(tmp_path), "--column", text) == 2
    told = capsys.readouterr().err
    assert f"cannot read --column {text!r}: expected METRIC@SCHEDULE=COLUMN or METRIC@SCHEDULE#SEED=COLUMN" in told
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize("text", ["", "flops", "flops=", "=flops_m", "FLOPs=flops_m", "my flops=flops_m", "1a=flops_m"])
def test_costs_of_another_grammar(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert run(good(tmp_path), f"--cost={text}") == 2
    assert f"cannot read --cost {text!r}: expected NAME=COLUMN or NAME=COLUMN*NUMBER" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (columns("valid_accuracy@200=valid"), "no metric is called 'valid_accuracy'; did you mean 'val_accuracy'"),
        (columns("val_accuracy@200=vali"), "no column of the file is called 'vali'; did you mean 'valid'"),
        (columns("val_accuracy@200=vali*2"), "no column of the file is called 'vali'; did you mean 'valid'"),
        (["--cost", "flops=flops_m*"], "expected COLUMN or COLUMN*NUMBER, got 'flops_m*'"),
        (["--cost", "flops=flops_m*million"], "'million' is not a number but zero"),
        (["--cost", "flops=flops_m*0"], "'0' is not a number but zero"),
        (["--cost", "flops=flops_m*nan"], "'nan' is not a number"),
        (["--cost", "flops=flops_m*inf"], "'inf' is not a number"),
        (columns("val_accuracy@200=valid", "val_accuracy@200=test"), "val_accuracy@200 is given twice"),
        (columns("val_accuracy@200#1=valid", "val_accuracy@200#01=test"), "val_accuracy@200#1 is given twice"),
        (["--cost", "flops=valid", "--cost", "flops=test"], "flops is given twice"),
        ([], "nothing to import: give at least one --column"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert run(good(tmp_path), *words) == 2
    assert told in capsys.readouterr().err


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["0,|nor~0|,1,1,1,1,1"], "line 2 of .*: cannot read '|nor~0|' as a nas_bench_201 cell"),
        ([f"0,{ARCHS[0]},1,1,1,1,1", f"1,{ARCHS[0]},1,1,1,1,1"], "line 3 of .* which line 2 gave already"),
        (
            [f"0,{ARCHS[0]},1,1,1,1,1", f"1,{ARCHS[1]},abc,1,1,1,1"],
            "line 3: column 'valid' holds 'abc', which is not a number",
        ),
        ([f"0,{ARCHS[0]},inf,1,1,1,1"], "line 2: column 'valid' holds 'inf', which is not finite"),
        ([f"0,{ARCHS[0]},1e999,1,1,1,1"], "line 2: column 'valid' holds '1e999', which is not finite"),
        (
            [f"0,{ARCHS[0]},100.1,1,1,1,1"],
            "line 2: column 'valid' holds '100.1', which is not a val_accuracy in percent",
        ),
        ([f"0,{ARCHS[0]},-1,1,1,1,1"], "line 2: column 'valid' holds '-1', which is not a val_accuracy in percent"),
        ([f"0,{ARCHS[0]},1_0,1,1,1,1"], "line 2: column 'valid' holds '1_0', which is not a number"),
        ([f"0,{ARCHS[0]},1,1,1,1"], "line 2 has 6 cells, line 1 names 7"),
        (["", "", f"0,{ARCHS[0]},1,1,1,1,1,1"], "line 4 has 8 cells, line 1 names 7"),
        ([f'0,"{ARCHS[0]},1,1,1,1,1'], "line 2: unexpected end of data"),
        ([], "has no line of numbers"),
    ],
)
def test_lines_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[str], told: str
) -> None:
    assert run(file(tmp_path, *lines), *columns(*COLUMNS)) == 2
    assert re.search(told.replace("|", r"\|"), capsys.readouterr().err)
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("index,name,valid,test,test_1,valid_12,flops_m", "line 1 must name the columns, one of them 'arch'"),
        ("index,arch,valid,valid,test_1,valid_12,flops_m", "line 1 names the column 'valid' twice"),
    ],
)
def test_first_lines_that_do_not_do(tmp_path: Path, capsys: pytest.CaptureFixture[str], head: str, told: str) -> None:
    assert run(file(tmp_path, f"0,{ARCHS[0]},1,1,1,1,1", head=head), *columns("val_accuracy@1=valid")) == 2
    assert told in capsys.readouterr().err


def test_files_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = columns("val_accuracy@1=valid")
    assert run(tmp_path / "none.csv", *words) == 2
    assert "none.csv" in capsys.readouterr().err
    (tmp_path / "binary.csv").write_bytes(b"arch,valid\n\xff\xfe,1\n")
    assert run(tmp_path / "binary.csv", *words) == 2
    assert "is not a CSV file in UTF-8" in capsys.readouterr().err
    (tmp_path / "empty.csv").write_bytes(b"")
    assert run(tmp_path / "empty.csv", *words) == 2
    assert "line 1 must name the columns" in capsys.readouterr().err
    assert main(["import", "csv", str(good(tmp_path)), "o.h5", "--space", "nas_bench_21", *words]) == 2
    assert "did you mean 'nas_bench_201'" in capsys.readouterr().err


def test_empty_cells_are_absent_and_never_filled(tmp_path: Path) -> None:
    lines = [
        f"{i},{arch},{cell},1,1,1,1"
        for i, (arch, cell) in enumerate(zip(ARCHS, ["", "NaN", "N/A", "none"], strict=True))
    ]
    assert run(file(tmp_path, *lines), *columns("val_accuracy@200=valid", "test_accuracy@200#0=test")) == 0
    with Table.open(tmp_path / "out.h5") as table:
        assert table.metrics() == ("test_accuracy",), "a column without a number is no metric of the table"
        assert table.seeds("test_accuracy") == (0,)
        assert {table.status(arch, 200, PUBLISHED) for arch in table} == {"absent"}


def test_a_spreadsheet_file_with_a_mark_and_windows_lines(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(f'\ufeff"arch","valid"\r\n"{ARCHS[0]}","50"\r\n\r\n'.encode())
    assert run(path, *columns("val_accuracy@1=valid")) == 0
    with Table.open(tmp_path / "out.h5") as table:
        assert table.query(architecture(0)) == 50


def test_fractions_become_percent_exactly(tmp_path: Path) -> None:
    path = file(tmp_path, f"0,{ARCHS[0]},0.57,1,1,1,1")
    assert run(path, *columns("val_accuracy@1=valid*100")) == 0
    with Table.open(tmp_path / "out.h5") as table:
        assert table.query(architecture(0)) == 57.0 != 0.57 * 100


# -- onto what is there -------------------------------------------------------------------------------------------


def test_what_exists_is_written_over_or_added_to_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = good(tmp_path)
    assert run(source, "--add", *columns(COLUMNS[0])) == 2
    assert "no table" in capsys.readouterr().err
    assert run(source, *columns(COLUMNS[0])) == 0
    before = (tmp_path / "out.h5").read_bytes()
    assert run(source, *columns(COLUMNS[1])) == 2
    assert "exists: give --add to add to it, --replace to write it anew" in capsys.readouterr().err
    assert (tmp_path / "out.h5").read_bytes() == before
    assert run(source, "--add", *columns(*COLUMNS[1:]), "--cost", "flops=flops_m*1000000") == 0
    assert run(source, *columns(*COLUMNS), "--cost", "flops=flops_m*1000000", out="whole.h5") == 0
    with Table.open(tmp_path / "out.h5") as added, Table.open(tmp_path / "whole.h5") as whole:
        assert list(map(repr, added.rows())) == list(map(repr, whole.rows()))
        assert added.digest == whole.digest
        np.testing.assert_array_equal(added.cost("flops"), whole.cost("flops"))
    assert run(source, "--add", *columns("val_accuracy@200=test")) == 2
    assert "other numbers already for val_accuracy@200 of 2 architectures" in capsys.readouterr().err
    assert run(source, "--replace", *columns("val_accuracy@200=test")) == 0
    with Table.open(tmp_path / "out.h5") as table:
        assert (table.schedules, table.metrics()) == ((200,), ("val_accuracy",))


def test_the_same_file_gives_the_same_table(tmp_path: Path) -> None:
    source = good(tmp_path)
    for name in ("a.h5", "b.h5"):
        assert run(source, *columns(*COLUMNS), out=name) == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
