"""``nasbench quickstart``: its command lines, that it goes on, and what it says at the end."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import pytest

import nasbench.__main__ as cli
from nasbench import quickstart


def test_it_runs_the_four_verbs_in_order_and_keeps_all_in_one_folder(tmp_path: Path) -> None:
    steps = quickstart.steps(tmp_path)
    names = [words[0] for _, words in steps]
    assert [name for name in names if name in ("build", "fit", "compare", "report")] == names[:2] + names[-2:]
    for _, (name, *words) in steps:
        cli.make_parser(name).parse_args(words)
        out = words[words.index("--out") + 1] if "--out" in words else words[0]
        assert Path(out).parent == tmp_path


def test_a_step_that_fails_ends_it(tmp_path: Path, monkeypatch, capsys) -> None:
    ran = []

    def run(words: list[str]) -> int:
        ran.append(words[0])
        return 3 if words[0] == "fit" else 0

    monkeypatch.setattr(cli, "run", run)
    args = cli.make_parser("quickstart").parse_args(["--out", str(tmp_path / "out")])
    assert quickstart.run_quickstart(args) == 3
    assert ran == ["build", "fit"]
    assert "The report" not in capsys.readouterr().out


def test_the_summary_is_read_from_the_results(tmp_path: Path) -> None:
    (tmp_path / "fit").mkdir()
    fit = {"scores": {"kendall": {"value": 0.654}}, "n_test": 20, "n_train": 80}
    (tmp_path / "fit" / "result.json").write_text(json.dumps(fit))
    (tmp_path / "compare").mkdir()
    with open(tmp_path / "compare" / "summary.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["searcher", "evaluator", "seed", "test"])
        writer.writerows([["random_search", "table", 0, 90.0], ["random_search", "table", 1, 91.0]])
        writer.writerow(["local_search", "table", 0, ""])
    text = quickstart.summary(tmp_path)
    assert "0.65 on 20 architectures" in text and "trained on 80" in text
    assert re.search(r"random_search +on the table +90\.50 % +\(2 runs\)", text)
    assert "local_search" not in text


@pytest.mark.slow
def test_a_small_one_runs_and_goes_on_where_it_stopped(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(quickstart, "BUILD", re.sub(r"sample \d+", "sample 20", quickstart.BUILD) + " --epochs 1")
    monkeypatch.setattr(quickstart, "STUDY", "--predictors ridge --train-sizes 4,8 --seeds 2")
    monkeypatch.setattr(quickstart, "COMPARE", "--searchers random_search --queries 5 --seeds 3 --workers 1")
    out = tmp_path / "quick start"  # the lines printed can be pasted even so
    assert cli.main(["quickstart", "--out", str(out)]) == 0
    first = capsys.readouterr().out
    assert (out / "report" / "index.html").is_file()
    assert str((out / "report" / "index.html").resolve()) == first.splitlines()[-1].removeprefix("The report: ")
    printed = [shlex.split(line)[2:] for line in first.splitlines() if line.startswith("$ nasbench ")]
    assert printed == [words for _, words in quickstart.steps(out)]
    digest = re.search(r"digest (\w+)", first)
    assert cli.main(["quickstart", "--out", str(out)]) == 0
    again = capsys.readouterr().out
    assert re.search(r"trained 0 rows", again)
    assert digest is not None and digest.group() in again
