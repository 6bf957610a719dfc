"""Tags of words: entities by the rules of the CoNLL evaluation, and their scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wxb.errors import WxbError
from wxb.learning.evaluate import evaluate, prediction
from wxb.network.heads import HEADS
from wxb.tasks import TASKS
from wxb.tasks.columns import TargetColumn
from wxb.tasks.entities import Entity, entities, has_entities, nonsense
from wxb.tasks.tags import BETWEEN, NO_SCORE, Tags

NAMES = ("O", "B-LOC", "B-PER", "I-LOC", "I-PER")
tags = st.lists(st.sampled_from((*NAMES, "S-LOC", "E-PER", "E-LOC", "B-a-b", "I-a-b")), max_size=8)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("O O", []),
        ("B-PER I-PER O", [("PER", 0, 1)]),
        ("B-PER B-PER", [("PER", 0, 0), ("PER", 1, 1)]),
        ("I-PER I-PER", [("PER", 0, 1)]),  # without a beginning, as in IOB1
        ("B-PER I-LOC", [("PER", 0, 0), ("LOC", 1, 1)]),
        ("O I-LOC I-LOC B-LOC", [("LOC", 1, 2), ("LOC", 3, 3)]),
        ("B-PER E-PER S-LOC O", [("PER", 0, 1), ("LOC", 2, 2)]),
        ("E-LOC I-LOC", [("LOC", 0, 0), ("LOC", 1, 1)]),
        ("B-a-b I-a-b", [("a-b", 0, 1)]),
    ],
)
def test_entities_are_those_of_the_conll_evaluation(given, expected):
    assert entities(given.split()) == [Entity(*one) for one in expected]


@given(tags)
def test_entities_are_those_of_seqeval(given):
    seqeval = pytest.importorskip("seqeval.metrics.sequence_labeling", reason="seqeval is not installed")
    assert entities(given) == [Entity(*one) for one in seqeval.get_entities(given)]


@given(st.lists(st.tuples(tags, st.randoms(use_true_random=False)), min_size=1, max_size=5))
@pytest.mark.filterwarnings("ignore")
def test_f1_is_that_of_seqeval(pairs):
    metrics = pytest.importorskip("seqeval.metrics", reason="seqeval is not installed")
    names = ("O", "B-LOC", "B-PER", "I-LOC", "I-PER", "S-LOC", "E-PER", "E-LOC", "B-a-b", "I-a-b")
    there = [one for one, _ in pairs]
    said = [[draw.choice((tag, draw.choice(names))) for tag in one] for one, draw in pairs]
    found = scored(there, said, names)
    if any(entities(one) for one in (*there, *said)):
        assert found.f1 == pytest.approx(metrics.f1_score(there, said, zero_division=0))
        assert found.precision == pytest.approx(metrics.precision_score(there, said, zero_division=0))
        assert found.recall == pytest.approx(metrics.recall_score(there, said, zero_division=0))


def numbers(sentences, names):
    rows = np.full((len(sentences), max(1, *map(len, sentences))), -1)
    for row, one in enumerate(sentences):
        rows[row, : len(one)] = [names.index(tag) for tag in one]
    return rows


def scored(there, said, names=NAMES):
    """The evaluation of sentences of tags."""
    targets, values = numbers(there, names), numbers(said, names)
    scores = np.full((len(targets), len(names), targets.shape[1] + 2), NO_SCORE, np.float32)
    for row, place in np.argwhere(values >= 0):
        scores[row, :, place] = np.eye(len(names))[values[row, place]] * 5
    return evaluate(torch.from_numpy(scores), targets, HEADS["TAGS"], "tags", names)


def test_f1_counts_whole_entities_of_the_right_type():
    there = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC"], ["O"]]
    said = [["B-PER", "I-PER", "O", "B-PER"], ["O", "B-LOC"], ["B-LOC"]]
    found = scored(there, said)
    assert (found.precision, found.recall, found.f1) == (2 / 4, 2 / 3, 4 / 7)
    assert found.word_accuracy == 5 / 7
    assert found.words == 7
    assert [(one.name, one.support) for one in found.per_class] == [("LOC", 2), ("PER", 1)]
    assert found.interval[0] <= found.f1 <= found.interval[1]


def test_transitions_that_make_no_sense_are_counted_and_named():
    found = scored([["B-PER", "I-LOC", "O", "I-PER"]], [["B-PER", "I-LOC", "I-LOC", "I-PER"]])
    assert dict(found.nonsense) == {"I-LOC after B-PER": 1, "I-PER after I-LOC": 1}
    assert found.given_nonsense == 2
    assert nonsense(["I-LOC"]) == {("", "I-LOC"): 1}
    assert not nonsense(["B-PER", "I-PER", "O", "B-LOC", "B-LOC"])


def test_tags_without_beginnings_are_entities_of_a_word():
    assert not has_entities(("NOUN", "VERB"))
    found = scored([["NOUN", "VERB"]], [["NOUN", "NOUN"]], ("NOUN", "VERB"))
    assert found.f1 == found.word_accuracy == 0.5


def test_the_loss_of_a_sentence_is_the_mean_over_its_words():
    scores = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    targets = torch.tensor([[0, 2, -1], [1, -1, -1]])
    found = HEADS["TAGS"].loss(scores, targets)
    chances = scores.softmax(1)
    assert found[0].item() == pytest.approx(-(chances[0, 0, 0].log() + chances[0, 2, 1].log()).item() / 2)
    assert found[1].item() == pytest.approx(-chances[1, 1, 0].log().item())
    (gradient,) = torch.autograd.grad(found.sum(), scores)
    assert not gradient[1, :, 1:].any()


def test_a_prediction_has_a_tag_for_each_word_and_no_more():
    scores = torch.full((2, 5, 4), NO_SCORE)
    scores[0, :, :3] = torch.eye(5)[:, [0, 2, 4]]
    scores[1, :, :1] = torch.eye(5)[:, [1]]
    found = prediction(scores, HEADS["TAGS"], "tags", NAMES)
    assert found.tags == (("O", "B-PER", "I-PER"), ("B-LOC",))
    assert found.cells(0) == ["O B-PER I-PER"]
    assert len(found.answer(0)["probabilities"]) == 3


def column(*sentences):
    texts = tuple(BETWEEN.join(one.split()) for one in sentences)
    return TargetColumn("t.conll", "tag", texts=texts, codes=np.arange(len(texts)))


def test_tags_are_read_with_o_first_and_broken_ones_are_named():
    encoded = Tags().from_columns([column("B-PER O", "O I-LOC O")])
    assert encoded.names == ("O", "B-PER", "I-LOC")
    assert encoded.targets.tolist() == [[1, 0, -1], [0, 2, 0]]
    assert "1 transition of the tags make no sense: I-LOC after O (1, first in sentence 1)" in encoded.notes[0]


def test_a_tag_that_a_run_does_not_know_is_refused():
    with pytest.raises(WxbError, match=r"unknown tag in tag of t\.conll: B-ORG"):
        Tags().from_columns([column("B-ORG O")], NAMES)


def test_comparing_two_networks_resamples_sentences():
    targets = numbers([["B-PER", "O"], ["B-LOC", "O"]] * 20, NAMES)
    wrong, right = np.zeros_like(targets), targets.copy()
    task = TASKS["tags"]
    first, second = (task.prediction(np.zeros((40, 5, 2), np.float32), None, NAMES) for _ in range(2))
    object.__setattr__(first, "values", wrong)
    object.__setattr__(second, "values", right)
    assert task.compare(targets, first, second, 0).differences["f1"].value == 1
