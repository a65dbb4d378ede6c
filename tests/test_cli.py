"""The command line: help, names, exit codes, what is imported at the start, and what happens on Ctrl-C."""

from __future__ import annotations

import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import nasbench.__main__ as cli

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "torchvision", "pandas", "sklearn", "scipy", "matplotlib", "xgboost")


def python(*words: str, **options) -> subprocess.CompletedProcess:
    """A Python started in the project's root, as a user's would be."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, **options)


@pytest.fixture
def command(monkeypatch):
    """Makes ``nasbench probe`` run a function."""

    def install(run, configure=lambda parser: None) -> None:
        module = ModuleType("made_up_commands")
        module.run_probe, module.configure_probe = run, configure
        monkeypatch.setitem(sys.modules, "made_up_commands", module)
        monkeypatch.setitem(cli.COMMANDS, "probe", ("made_up_commands", "a probe"))

    return install


def raising(error: BaseException):
    def run(args):
        raise error

    return run


# -- help and names -----------------------------------------------------------------------------------------------


def test_help_shows_every_command_once_with_the_four_verbs_first(capsys) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    named = re.findall(r"^  (\w+)  +\S", text, re.MULTILINE)
    assert named[:4] == ["build", "fit", "compare", "report"]
    assert sorted(named) == sorted(cli.COMMANDS)
    assert "Example:" in text
    assert all(len(line) <= 120 for line in text.splitlines())


def test_no_words_are_a_call_for_help(capsys) -> None:
    assert cli.main([]) == 0
    assert capsys.readouterr().out.startswith("usage: nasbench")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    unexplained = [action.dest for action in cli.make_parser(name)._actions if not action.help]
    assert unexplained == [], "every argument has a line of help"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_shows_an_example_that_it_takes(name: str) -> None:
    _, _, text = (cli.make_parser(name).epilog or "").partition("Example:")
    examples = re.findall(r"^\s*nasbench (\w+)([^\n#]*)", text.replace("\\\n", " "), re.MULTILINE)
    assert name in [other for other, _ in examples]
    for other, words in examples:
        try:
            cli.make_parser(other).parse_args(shlex.split(words))
        except SystemExit as end:  # an example may ask for help
            assert end.code == 0, words


def test_version() -> None:
    assert python("-m", "nasbench", "--version").stdout == "nasbench-forge 0.1.0\n"


def test_an_unknown_command_names_the_nearest(capsys) -> None:
    assert cli.main(["biuld"]) == 2
    assert "did you mean 'build'?" in capsys.readouterr().err


# -- exit codes and sentences -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("epochs must be at least 1, got 0"), "nasbench: epochs must be at least 1, got 0"),
        (LookupError("no row"), "nasbench: no row"),
        (ImportError("pip install it"), "nasbench: pip install it"),
        (FileNotFoundError(2, "No such file or directory", "a.h5"), "nasbench: a.h5: No such file or directory"),
        (OSError("two\nlines"), "nasbench: two lines"),
        (MemoryError(), "nasbench: not enough memory; ask for less at a time, or use a larger machine"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "pip install 'nasbench-forge[torch]'"),
    ],
)
def test_a_mistake_of_the_user_is_one_sentence_and_2(command, capsys, error, sentence) -> None:
    command(raising(error))
    assert cli.main(["probe"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err and err.count("\n") == 1 and "Traceback" not in err


@pytest.mark.parametrize("error", [TypeError("x"), ZeroDivisionError(), AssertionError(), KeyError("k"), IndexError(3)])
def test_a_mistake_of_ours_says_so_and_gives_1(command, capsys, error) -> None:
    command(raising(error))
    assert cli.main(["probe"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"nasbench: internal error: {type(error).__name__}")
    assert "--traceback" in err and err.count("\n") == 1


@pytest.mark.parametrize(("error", "code"), [(TypeError("x"), 1), (ValueError("x"), 2)])
def test_traceback_shows_where(command, capsys, error, code) -> None:
    command(raising(error))
    assert cli.main(["probe", "--traceback"]) == code
    assert "raise error" in capsys.readouterr().err


def test_our_warnings_are_a_sentence_and_those_of_others_say_where() -> None:
    made_up = (  # in a Python of its own, as pytest keeps warnings from being shown
        "import sys, types, warnings, nasbench.__main__ as cli\n"
        "from searchers.trace import TraceWarning\n"
        "def run(args):\n"
        "    warnings.warn('the cell is\\nall skips', TraceWarning)\n"
        "    warnings.warn('old name', FutureWarning)\n"
        "sys.modules['made_up'] = types.SimpleNamespace(run_probe=run, configure_probe=lambda parser: None)\n"
        "cli.COMMANDS['probe'] = ('made_up', 'a probe')\n"
        "assert cli.main(['probe']) == 0\n"
        "warnings.warn('after the command', TraceWarning)\n"
    )
    told = python("-c", made_up).stderr.splitlines()
    assert told[0] == "nasbench: warning: the cell is all skips"
    assert told[1].startswith("<string>:5: FutureWarning: old name")
    assert told[-1].startswith("<string>:9: TraceWarning: after the command")


def test_good_commands_give_0_and_others_their_code(command) -> None:
    command(lambda args: None)
    assert cli.main(["probe"]) == 0
    command(lambda args: 3)
    assert cli.main(["probe"]) == 3


def test_a_wrong_argument_gives_2() -> None:
    answer = python("-m", "nasbench", "list", "--nonsense")
    assert answer.returncode == 2 and "--nonsense" in answer.stderr and "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("info", "absent.h5"),
        ("query", "absent.h5", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"),
        ("export", "absent.h5", "out.csv"),
        ("fit", "absent.h5", "--predictor", "ridge", "--out", "out"),
        ("study", "absent.h5", "--predictors", "ridge", "--train-sizes", "8", "--out", "out"),
        ("search", "--evaluator", "table=absent.h5", "--searcher", "random_search", "--out", "out"),
        ("compare", "--evaluator", "table=absent.h5", "--out", "out"),
        ("report", "absent", "--out", "out"),
    ],
    ids=lambda words: words[0],
)
def test_a_file_that_is_not_there_is_named(words, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert "absent" in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


# -- the start ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([n, "--help"] for n in cli.COMMANDS)], ids=" ".join)
def test_the_start_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys, nasbench.__main__ as cli\n"
        f"try: cli.main({words!r})\n"
        "except SystemExit: pass\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    assert python("-c", code).stderr == "\n"


@pytest.mark.parametrize("words", [["--help"], ["query", "--help"]], ids=" ".join)
def test_the_start_is_quick(words: list[str]) -> None:
    """In seconds of the processor, which do not depend on what else the machine does."""

    def seconds(*arguments: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert python(*arguments).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare = min(seconds("-c", "pass") for _ in range(3))
    assert min(seconds("-m", "nasbench", *words) for _ in range(3)) - bare < 0.5


# -- pipes and Ctrl-C ---------------------------------------------------------------------------------------------


def test_a_reader_that_leaves_is_no_error() -> None:
    """As in ``nasbench list | head``: here the reader is gone before the first line."""
    code = (
        "import sys, types, nasbench.__main__ as cli\n"
        "module = types.ModuleType('made_up')\n"
        "def run(args):\n    sys.stdin.read()\n    print('x' * 100_000)\n"
        "module.run_probe, module.configure_probe = run, lambda parser: None\n"
        "sys.modules['made_up'] = module\n"
        "cli.COMMANDS['probe'] = ('made_up', 'a probe')\n"
        "sys.exit(cli.main(['probe']))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env, text=True, **pipe)
    assert process.stdout is not None and process.stdin is not None and process.stderr is not None
    process.stdout.close()
    process.stdin.close()
    assert (process.wait(30), process.stderr.read()) == (141, "")


def test_ctrl_c_stops_with_130_and_says_how_to_go_on() -> None:
    code = (
        "import sys, time, types, nasbench.__main__ as cli\n"
        "module = types.ModuleType('made_up')\n"
        "def run(args):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "module.run_probe, module.configure_probe = run, lambda parser: None\n"
        "sys.modules['made_up'] = module\n"
        "cli.COMMANDS['probe'] = ('made_up', 'a probe')\n"
        "sys.exit(cli.main(['probe']))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "nasbench: stopped; the same command goes on where it stopped\n"
