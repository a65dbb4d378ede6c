"""Genotypes as text: what is read, what is refused, and that nothing in a text is run."""

from __future__ import annotations

import pytest

from nasbench.genotype import LONGEST, Genotype, read_genotype

PLAIN = Genotype((("conv", 0), ("skip", 1)), (2,), (("pool", 1), ("pool", 0)), (2, 3))
TEXT = "Genotype(normal=[('conv', 0), ('skip', 1)], normal_concat=[2], reduce=[('pool', 1), ('pool', 0)], "


def test_text_is_written_as_published() -> None:
    assert str(PLAIN) == TEXT + "reduce_concat=[2, 3])"


@pytest.mark.parametrize(
    "text",
    [
        TEXT + "reduce_concat=[2, 3])",
        TEXT + "reduce_concat=range(2, 4))",
        f"  {TEXT}\n  reduce_concat=(2, 3,),\n)\n",
        "Genotype(reduce_concat=range(2,4), reduce=(('pool', 1), ('pool', 0)), normal_concat=[2], "
        'normal=[["conv", 0], ["skip", 1]])',
        "Genotype(normal=[(('conv', 0), ('skip', 1))], normal_concat=[2], "
        "reduce=[(('pool', 1, 0.25), ('pool', 0, 0.5))], reduce_concat=[2, 3])",
    ],
)
def test_forms_that_are_read(text: str) -> None:
    assert read_genotype(text) == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Genotype",
        "Genotype()",
        TEXT + ")",
        TEXT + "reduce_concat=[2, 3]",
        TEXT + "reduce_concat=[2, 3]) + 1",
        TEXT + "reduce_concat=[2, 3], more=1)",
        TEXT + "reduce_concat=[2, 3], reduce_concat=[2, 3])",
        TEXT + "reduce_concat=[2, '3'])",
        TEXT + "reduce_concat=[2, True])",
        TEXT + "reduce_concat=range(2))",
        TEXT + "reduce_concat=range(2, 10**9))",
        TEXT + "reduce_concat=range(2, 1000000000))",
        TEXT + "reduce_concat=list(range(2, 4)))",
        TEXT + "**{'reduce_concat': [2, 3]})",
        TEXT.replace("('conv', 0)", "('conv',)") + "reduce_concat=[2, 3])",
        TEXT.replace("('conv', 0)", "(0, 'conv')") + "reduce_concat=[2, 3])",
        TEXT.replace("('conv', 0)", "print('run')") + "reduce_concat=[2, 3])",
        TEXT.replace("[('conv', 0), ('skip', 1)]", "7") + "reduce_concat=[2, 3])",
        "Genotype(" + "(" * 5000,
        "Genotype(" + "-" * 15000 + "1)",
        "x" * (LONGEST + 1),
        "Geno\0type()",
    ],
)
def test_other_texts_are_refused_in_one_sentence(text: str, capsys) -> None:
    with pytest.raises(ValueError, match="expected Genotype") as raised:
        read_genotype(text)
    assert "\n" not in str(raised.value)
    assert capsys.readouterr().out == ""
