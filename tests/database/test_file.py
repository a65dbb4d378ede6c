"""The file: every field of the schema, and what is said of files that are damaged, foreign or too new."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from nasbench.database.contents import rows_of
from nasbench.database.memory import MemoryContents
from nasbench.database.reader import FileContents, open_contents
from nasbench.database.schema import FIELDS, METRICS, VERSION, cost_unit, label
from nasbench.database.writer import write_table
from nasbench.table import Table
from tests.database.making import entries, header, row, scores, whole


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with a bit of everything."""
    path = tmp_path_factory.mktemp("good") / "table.h5"
    rows = [row(0), row(1, failed=True), row(1, seed=1), row(2, seed=-1), row(0, schedule=5)]
    costs = {"flops": ("count", {row(0).choices: 7.0, row(2).choices: 9.0})}
    said = entries(scores(0), scores(1, failed=True), scores(0, seed=1))
    write_table(path, MemoryContents.from_rows(header(), rows, costs, scores=said))
    return path


def test_every_field_is_there_with_dtype_shape_and_unit(good: Path) -> None:
    names = {"schedule": "3", "metric": "val_loss", "cost": "flops", "proxy": "noise"}
    with h5py.File(good) as file:
        assert (label(file, "format"), file.attrs["schema_version"]) == ("nasbench-forge table", VERSION)
        assert label(file, "space") == "nas_bench_201"
        found = set()
        for path, field in FIELDS.items():
            data = file[path.format(**names)]
            field.check(data, {})
            assert label(data, "unit") == {"schedules": "nats", "costs": "count"}.get(path.split("/")[0], "") or (
                label(data, "unit") == field.unit
            )
            found.add(data.name.strip("/"))
        held: list[str] = []
        file.visititems(lambda name, item: held.append(name) if isinstance(item, h5py.Dataset) else None)
        general = {name.replace("/5/", "/3/") for name in held}
        general = {"/".join([*n.split("/")[:3], "val_loss"]) if "/metrics/" in n else n for n in general}
        general = {name.replace("/naswot/", "/noise/") for name in general}
        assert general == found, "the schema declares every data set that is written"
        for metric in METRICS:
            assert label(file[f"schedules/3/metrics/{metric}"], "unit") == METRICS[metric].unit


def test_all_that_is_stored_has_a_checksum(good: Path) -> None:
    def check(name: str, item: h5py.Group | h5py.Dataset) -> None:
        assert not any(h5py.check_vlen_dtype(value.dtype) for value in item.attrs.values() if hasattr(value, "dtype"))
        if isinstance(item, h5py.Dataset) and item.size:
            assert item.fletcher32, name

    with h5py.File(good) as file:
        file.visititems(check)


def test_seeds_without_numbers_take_no_room(good: Path) -> None:
    with h5py.File(good) as file:
        assert file["schedules/3/metrics/val_accuracy"].shape == (3, 3, 3)
        assert file["schedules/3/metrics/test_accuracy"].shape == (3, 3, 1)
        assert file["schedules/3/seeds"][:].tolist() == [-1, 0, 1]
        assert file["schedules/5/metrics/test_accuracy"].attrs["seeds"].tolist() == [0]


def test_units_of_costs() -> None:
    assert cost_unit("flops_built") == cost_unit("parameters") == "count"
    assert cost_unit("latency_pixel2") == "seconds"
    assert cost_unit("beauty") == "unstated"


# -- damaged ------------------------------------------------------------------------------------------------------


def test_a_file_cut_anywhere_is_told_from_a_whole_one(good: Path, tmp_path: Path) -> None:
    data, path = good.read_bytes(), tmp_path / "cut.h5"
    for length in [*range(0, 200, 7), *range(200, len(data), 311), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match=r"cut\.h5 is (damaged|not an HDF5 file)"):
            Table.open(path)


def test_a_flipped_bit_is_found_or_does_not_matter(good: Path, tmp_path: Path) -> None:
    data, path, expected = good.read_bytes(), tmp_path / "flipped.h5", whole(good)
    rng = np.random.default_rng(0)
    found = 0
    for place in rng.permutation(len(data))[:120].tolist():
        changed = bytearray(data)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        try:
            assert whole(path) == expected, f"byte {place} changed what the table says"
        except ValueError as error:
            found += 1
            assert "damaged" in str(error) or "not an HDF5 file" in str(error) or "not a table" in str(error)
    assert found > 80


@pytest.mark.slow
def test_no_byte_of_the_file_can_change_unseen(good: Path, tmp_path: Path) -> None:
    data, path, expected = good.read_bytes(), tmp_path / "flipped.h5", whole(good)
    for place in range(0, len(data), 3):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        with contextlib.suppress(ValueError):
            assert whole(path) == expected, f"byte {place} changed what the table says"


# -- foreign ------------------------------------------------------------------------------------------------------


def test_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no table .*none\.h5"):
        Table.open(tmp_path / "none.h5")
    with pytest.raises(ValueError, match="is a folder"):
        Table.open(tmp_path)
    for content in (b"", b"arch,val\n", b"\x80\x04pickle"):
        (tmp_path / "text.h5").write_bytes(content)
        with pytest.raises(ValueError, match="is not an HDF5 file"):
            Table.open(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1]
    with pytest.raises(ValueError, match="is an HDF5 file but not a table"):
        Table.open(tmp_path / "other.h5")


def changed(good: Path, folder: Path, how: object) -> Path:
    """A copy of a table that ``how`` changed."""
    path = folder / "changed.h5"
    path.write_bytes(good.read_bytes())
    with h5py.File(path, "r+") as file:
        how(file)  # type: ignore[operator]
    return path


def test_a_newer_schema_is_refused(good: Path, tmp_path: Path) -> None:
    path = changed(good, tmp_path, lambda file: file.attrs.modify("schema_version", VERSION + 1))
    with pytest.raises(ValueError, match=f"schema {VERSION + 1} .*reads up to {VERSION}: install a newer"):
        Table.open(path)


@pytest.mark.parametrize("field", [field for field in FIELDS if "{metric}" not in field and "{cost}" not in field])
def test_a_missing_field_is_named(good: Path, tmp_path: Path, field: str) -> None:
    name = field.format(schedule=3, proxy="noise")
    path = changed(good, tmp_path, lambda file: file.__delitem__(name))
    with pytest.raises(ValueError, match=f"damaged or not written by nasbench-forge.*{name.split('/')[-1]}"):
        Table.open(path)


def replace(file: h5py.File, name: str, value: object) -> None:
    del file[name]
    file[name] = value


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("schedules/3/status", np.zeros((3, 3), np.int64), "must hold u1, it holds int64"),
        ("schedules/3/status", np.zeros((2, 3), np.uint8), "must have 3 of architecture, it has 2"),
        ("schedules/3/status", np.zeros(3, np.uint8), r"must have the axes \(architecture, seed\)"),
        ("schedules/3/failures", np.zeros((1, 3), np.int32), "must have 2 of pair, it has 3"),
        ("schedules/3/metrics/val_loss", np.zeros((3, 3, 3)), "seeds"),
        ("costs/flops", np.zeros(4), "must have 3 of architecture, it has 4"),
        ("proxies/noise/values", np.zeros((3, 3)), "must have 2 of seed, it has 3"),
        ("proxies/noise/values", np.zeros((3, 2)), "which scores of the proxy noise are better"),
        ("header/recipe", "{}", r"must hold utf-8"),
    ],
)
def test_a_field_of_another_form_is_named(good: Path, tmp_path: Path, name: str, value: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Table.open(changed(good, tmp_path, lambda file: replace(file, name, value)))


def test_an_unknown_metric_or_schedule_is_named(good: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no metric is called 'glory'"):
        Table.open(
            changed(good, tmp_path, lambda file: file.move("schedules/3/metrics/val_loss", "schedules/3/metrics/glory"))
        )
    with pytest.raises(ValueError, match="schedules are numbers of epochs, got 'long'"):
        Table.open(changed(good, tmp_path, lambda file: file.move("schedules/3", "schedules/long")))


# -- reading ------------------------------------------------------------------------------------------------------


def test_opening_decodes_no_numbers(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = FileContents._read

    def spy(self: FileContents, name: str, part: object = ()) -> np.ndarray:
        read.append(name)
        return original(self, name, part)

    monkeypatch.setattr(FileContents, "_read", spy)
    with Table.open(good) as table:
        assert [name for name in read if not name.startswith("header")] == []
        assert len(table.architectures) == 3
        table.values("val_accuracy", 3)
        assert [name for name in read if "metrics" in name] == ["schedules/3/metrics/val_accuracy"]
        before = len(read)
        table.values("val_accuracy", 3)
        table.query(table.architectures[0], "val_accuracy", 3)
        assert read[before:] == []


def test_one_epoch_is_read_alone(good: Path) -> None:
    contents = FileContents(good)
    every = contents.values(3, "val_loss")
    for place, epoch in enumerate((1, 2, 3)):
        one = contents.values(3, "val_loss", epoch)
        assert one.shape == (3, 3, 1)
        np.testing.assert_array_equal(one[:, :, 0], every[:, :, place])
    for line in range(3):
        np.testing.assert_array_equal(contents.line_values(3, "val_loss", line), every[line])


def test_a_file_read_only_in_a_read_only_folder_is_read(good: Path) -> None:
    before = sorted(good.parent.iterdir())
    good.chmod(0o444)
    good.parent.chmod(0o555)
    try:
        assert len(list(rows_of(open_contents(good)))) == 5
        assert sorted(good.parent.iterdir()) == before
    finally:
        good.parent.chmod(0o755)
        good.chmod(0o644)


def test_opening_a_table_imports_no_heavy_package(good: Path) -> None:
    code = (
        "import sys, nasbench; t = nasbench.open_table(sys.argv[1]); t.query(t.architectures[0]); t.digest;"
        "print(sorted({'torch', 'pandas', 'sklearn', 'scipy', 'matplotlib', 'xgboost'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(good)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
