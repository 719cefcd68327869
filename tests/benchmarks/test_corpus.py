"""The documents of the speed benchmark: the corpus first, then grown ones that keep its statistics."""

import importlib
import json
from collections import Counter
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def corpus(benchmark: None) -> ModuleType:
    return importlib.import_module("corpus")


def test_the_corpus_comes_first_and_then_what_is_grown_from_it(corpus: ModuleType, paragraphs: Path) -> None:
    texts = corpus.load(paragraphs)
    found = list(islice(corpus.documents(texts, 7), 2 * len(texts)))
    first, grown = found[: len(texts)], found[len(texts) :]
    assert sorted(document.text for document in first) == sorted(text.text for text in texts)
    assert [document.text for document in first] != [text.text for text in texts]
    assert {document.language for document in grown} == {text.language for text in texts}
    assert len({document.id for document in found}) == len(found)
    there = {text.text for text in texts}
    assert sum(document.text in there for document in grown) < len(grown) / 5


def test_documents_are_the_same_for_the_same_seed(corpus: ModuleType, paragraphs: Path) -> None:
    texts = corpus.load(paragraphs)
    one, same, other = (list(islice(corpus.documents(texts, seed), 2 * len(texts))) for seed in (7, 7, 8))
    assert one == same
    assert one != other
    # A smaller size is the beginning of a larger one.
    assert list(islice(corpus.documents(texts, 7), 50)) == one[:50]


def test_growth_keeps_the_statistics_of_each_language(corpus: ModuleType, paragraphs: Path) -> None:
    found = {one.language: one for one in corpus.closeness(corpus.load(paragraphs), 7)}
    assert {"en", "fr", "hi", "sv", "zh"} <= found.keys()
    for one in found.values():
        assert one.length[1] == pytest.approx(one.length[0], rel=0.25)
        assert one.ratio[1] == pytest.approx(one.ratio[0], rel=0.25)
        assert one.once[1] == pytest.approx(one.once[0], rel=0.15)
        assert one.exponent[1] == pytest.approx(one.exponent[0], rel=0.15)


@pytest.mark.slow
def test_growth_keeps_the_frequent_words_of_a_large_corpus(corpus: ModuleType, checkout: Path) -> None:
    file = checkout.parent / "shared" / "corpus" / "libreoffice-help.jsonl.gz"
    if not file.exists():
        pytest.skip("the corpus is not beside this checkout (../shared/corpus)")
    for one in corpus.closeness(corpus.load(file), 7):
        assert one.top[1] >= one.top[0] - 10
        assert one.apart[1] < one.apart[0] + 0.1
        assert one.share[1] == pytest.approx(one.share[0], rel=0.1)


def test_new_words_come_as_heaps_law_says(corpus: ModuleType, paragraphs: Path) -> None:
    texts = [text for text in corpus.load(paragraphs) if text.language == "en"]
    known = {unit.text for text in texts for unit in corpus.units(text.text)}
    seen = set(known)
    sizes = []
    grown = corpus.grown(texts, 7)
    for _ in range(3):
        seen |= {unit.text for text in islice(grown, 400) for unit in corpus.units(text.text)}
        sizes.append(len(seen))
    gained = [after - before for before, after in zip([len(known), *sizes], sizes, strict=False)]
    # More and more words, but fewer new ones each time.
    assert gained[0] > gained[1] > gained[2] > 0


def test_heaps_exponent_of_a_power_law(corpus: ModuleType) -> None:
    assert corpus.heaps_exponent([(n, 3 * n**0.5) for n in (100, 400, 900)]) == pytest.approx(0.5)
    assert corpus.heaps_exponent([(100, 10)]) == 1.0


def test_sentences_are_the_whole_text(corpus: ModuleType) -> None:
    for text in ("", "One. Two?\n\nThree", "睡眠。记忆！", "…\n", "a.b.c  ", "no end"):
        assert "".join(corpus.sentences(text)) == text


def test_units_are_words_and_pairs_of_chinese_characters(corpus: ModuleType) -> None:
    text = "Deep sleep 深睡眠 हिन्दी"
    found = corpus.units(text)
    assert [unit.text for unit in found] == ["deep", "sleep", "深睡", "睡眠", "हिन्दी"]
    assert all(text[unit.start : unit.end].lower() == unit.text for unit in found)


def test_facets_follow_zipfs_law(corpus: ModuleType, paragraphs: Path) -> None:
    found = list(islice(corpus.documents(corpus.load(paragraphs), 7), 4_000))
    for name, values in (("study", corpus.study_values()), ("mechanism", corpus.mechanism_values())):
        counts = Counter(value for document in found for value in document.facets[name])
        assert set(counts) <= set(values)
        # The first is about twice as frequent as the second, and ten times as the tenth.
        assert counts[values[0]] == pytest.approx(2 * counts[values[1]], rel=0.3)
        assert counts[values[0]] == pytest.approx(10 * counts[values[9]], rel=0.5)
        carried = Counter(len(document.facets[name]) for document in found)
        assert max(carried) < len(corpus.VALUES[name])
        assert carried[0] == pytest.approx(len(found) * corpus.VALUES[name][0] / 100, rel=0.15)


def test_a_line_that_is_no_document_is_named(corpus: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text(json.dumps({"text": "fine", "language": "en"}) + "\n[1]\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"some.jsonl:2: not a JSON object with a text"):
        corpus.load(file)
    file.write_text("\n".join([]), encoding="utf-8")
    with pytest.raises(SystemExit, match="holds no documents"):
        corpus.load(file)
