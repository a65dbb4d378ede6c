"""What every importer keeps: run over each file of ``nasbench/importers``."""

from __future__ import annotations

import argparse

import pytest

from nasbench.__main__ import make_parser
from nasbench.importer import Importer
from nasbench.listing import summary
from nasbench.registry import IMPORTERS

pytestmark = pytest.mark.parametrize("name", IMPORTERS.names())


def test_it_is_the_one_importer_of_its_file(name: str) -> None:
    importer = IMPORTERS.load(name)
    assert issubclass(importer, Importer)
    assert importer.__module__ == f"nasbench.importers.{name}"
    assert summary(importer)


def test_its_arguments_stand_beside_those_of_all(name: str) -> None:
    parser = argparse.ArgumentParser()
    for common in ("--space", "--add", "--replace", "--traceback"):
        parser.add_argument(common)
    IMPORTERS.load(name).configure(parser)  # argparse raises where one is taken
    assert f"nasbench import {name} " in (parser.epilog or ""), "an example"


def test_it_is_a_sub_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    args = make_parser("import").parse_args([name, "SRC", "OUT.h5", "--space", "nas_bench_201"])
    assert (args.format, str(args.source), str(args.out)) == (name, "SRC", "OUT.h5")
    with pytest.raises(SystemExit):
        make_parser("import").parse_args([name, "--help"])
    assert summary(IMPORTERS.load(name)) in " ".join(capsys.readouterr().out.split())
