"""How much an article is about a mechanism, and searches that leave mere mentions out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import searchkit
from searchkit import Article, ArticleIndex, Draft, InputError, Section
from searchkit.cli import cli
from searchkit.strength import at_least, level_of, strengths, value_and_level

FILLING = ("The lake was still.", "Boats lay at the shore.", "Nobody spoke.", "A gull flew by.", "It was late.")
MENTION = "Then autophagy begins."


def prose(sentences: int, *mentions: str) -> str:
    """Return a text of so many sentences, in which the mentions stand apart."""
    text = [FILLING[number % len(FILLING)] for number in range(sentences - len(mentions))]
    step = max(len(text) // (len(mentions) + 1), 1)
    for number, mention in enumerate(mentions, 1):
        text.insert(number * step + number - 1, mention)
    return " ".join(text)


def strength_in(index: ArticleIndex, key: str = "autophagy") -> dict[str, float]:
    """Return id -> strength of a mechanism in the articles that carry it."""
    carried = {identifier: index.get(identifier).strengths["mechanism"] for identifier in index.ids()}
    return {identifier: values[key] for identifier, values in carried.items() if key in values}


def test_the_title_counts_more_than_a_heading_a_heading_more_than_repetition_and_that_more_than_a_mention(
    make_index: Callable[..., ArticleIndex],
) -> None:
    index = make_index(
        title=("Autophagy", prose(60)),
        heading=("A day", f"{prose(30)}\n\nAutophagy in short\n\n{prose(30)}"),
        repeated=("A day", prose(60, *[MENTION] * 4)),
        once=("A day", prose(60, MENTION)),
        never=("A day", prose(60)),
    )
    assert strength_in(index) == {"title": 0.9, "heading": 0.5, "repeated": 0.4, "once": 0.1}


def test_a_subject_in_every_place_is_one(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(
        a=("Autophagy", f"Autophagy begins\n\n{prose(20, *[MENTION] * 5)}\n\nAutophagy ends\n\n{prose(10)}")
    )
    assert strength_in(index) == {"a": 1.0}


def test_in_a_short_text_strength_goes_by_the_number_of_sentences(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(**{str(number): ("A day", prose(10, *[MENTION] * number)) for number in range(1, 5)})
    assert strength_in(index) == {"1": 0.2, "2": 0.5, "3": 0.7, "4": 0.8}


def test_mentions_in_one_sentence_are_one(make_index: Callable[..., ArticleIndex]) -> None:
    index = make_index(a=("A day", prose(10, "Autophagy is autophagy, and autophagy stays autophagy.")))
    assert strength_in(index) == {"a": 0.2}


def test_what_is_denied_or_stands_in_references_gives_no_strength(make_index: Callable[..., ArticleIndex]) -> None:
    references = "\n\nReferences\n\n1. Ann B. Autophagy of cells. Neuron. 2011;70(2):200-210."
    index = make_index(
        denied=("A day", prose(10, "This has nothing to do with autophagy.")),
        title=("This has nothing to do with autophagy", prose(10, MENTION)),
        references=("A day", prose(10, MENTION) + references),
    )
    assert strength_in(index) == {"title": 0.2, "references": 0.2}


def test_a_line_with_nothing_under_it_is_no_heading(make_index: Callable[..., ArticleIndex]) -> None:
    broken = "\n".join(
        ["The lake was still and", "autophagy went on under", "the boats at the shore", "all night."]
    )
    index = make_index(a=("A day", broken))
    assert strength_in(index) == {"a": 0.2}


@pytest.mark.parametrize(
    "heading", ["What is autophagy? And why", "And why? What is autophagy", "Autophagy: what?"]
)
def test_a_heading_may_be_several_sentences_and_counts_once(
    make_index: Callable[..., ArticleIndex], heading: str
) -> None:
    text = f"{heading}\n\n{prose(100)}"
    draft = Draft(id="a", title="A day", text=text, source="x", language="en", headings=((0, heading),))
    index = make_index()
    index.update([draft])
    assert strength_in(index) == {"a": 0.5}


def test_translations_are_as_strong(tmp_path: Path) -> None:
    night = {
        "en": ("Night", "Then comes deep sleep.", "The house is still.", "."),
        "sv": ("Natt", "Då kommer djupsömnen.", "Huset är tyst.", "."),
        "zh": ("夜晚", "然后深度睡眠来临。", "房子很安静。", "。"),
        "hi": ("रात", "फिर गहरी नींद आती है।", "घर शांत है।", "।"),
        "fr": ("Nuit", "Puis vient le sommeil profond.", "La maison est calme.", "."),
    }
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(
            Draft(id=code, title=title, text=" ".join([named, named, *[other] * 30]), source="x", language=code)
            for code, (title, named, other, _) in night.items()
        )
        assert strength_in(index, "deep-sleep") == dict.fromkeys(sorted(night), 0.4)


def test_a_wider_mechanism_is_as_strong_as_all_below_it(tmp_path: Path) -> None:
    words = searchkit.Vocabulary(
        {
            "weather": {"en": ("weather",)},
            "rain": {"en": ("rain",)},
            "snow": {"en": ("snow",)},
            "hail": {"en": ("hail",)},
        },
        parents={"rain": "weather", "snow": "weather", "hail": "snow"},
    )
    texts = {
        "apart": ("A day", prose(10, "There is rain.", "There is snow.", "There is weather.")),
        "together": ("A day", prose(10, "There is rain and snow and weather.")),
        "title": ("Hail", prose(10, "There is rain.")),
    }
    with ArticleIndex.create(tmp_path / "index", vocabulary=words) as index:
        index.update(
            Draft(id=name, title=title, text=text, source="x", language="en")
            for name, (title, text) in texts.items()
        )
        assert {name: index.get(name).strengths["mechanism"] for name in texts} == {
            "apart": {"rain": 0.2, "snow": 0.2, "weather": 0.7},
            "together": {"rain": 0.2, "snow": 0.2, "weather": 0.2},
            "title": {"hail": 0.9, "snow": 0.9, "rain": 0.2, "weather": 0.9},
        }


def test_what_the_source_gave_is_a_subject(tmp_path: Path) -> None:
    given = {"mechanism": ("my=own", "autophagy")}
    draft = Draft(id="a", title="Night", text=MENTION, source="x", language="en", facets=given)
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([draft])
        assert index.get("a").strengths["mechanism"] == {
            "my=own": 1.0,
            "autophagy": 1.0,
            "proteostasis": 1.0,  # which autophagy is under
        }
        assert index.search(mechanism="my=own", min_strength=1).total == 1
        assert index.facets(min_strength=1)["mechanism"][0].count == 1


def test_all_that_sample_articles_carry_has_a_strength_and_nothing_else(sample_index: ArticleIndex) -> None:
    for identifier in sample_index.ids():
        article = sample_index.get(identifier)
        assert set(article.strengths) == {"mechanism"}
        assert set(article.strengths["mechanism"]) == set(article.facets["mechanism"])
        for key, strength in article.strengths["mechanism"].items():
            assert strength in [level / 10 for level in range(1, 11)]
            for wider in sample_index.vocabulary.above(key):
                assert article.strengths["mechanism"][wider] >= strength


@given(st.data())
def test_more_mentions_never_weaken(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(1, 8), min_size=1, max_size=6))
    text, sections = "", []
    for number, length in enumerate(lengths):
        start = len(text)
        text += f"Part {number}\n" + "It is so. " * length + "\n"
        sections.append(Section(f"Part {number}", start, len(text)))
    article = Article("x", "A day", text, "en", sections=tuple(sections))
    place = st.integers(0, len(text) - 3).map(lambda start: (start, start + 2))
    more = data.draw(st.lists(place, min_size=1, max_size=12))
    some = more[: data.draw(st.integers(1, len(more)))]
    found = strengths(article, {"some": some, "more": more, "title": more}, {"title"})
    assert 0.1 <= found["some"] <= found["more"] <= found["title"] <= 1


@given(st.floats(0, 1), st.text(max_size=9), st.integers(1, 10))
def test_levels_are_tenths(least: float, value: str, level: int) -> None:
    assert [number for number in range(1, 11) if number / 10 >= least - 1e-9] == list(at_least(least))
    assert value_and_level(level_of(value, level)) == (value, level)


def test_a_tenth_is_what_people_mean_by_it() -> None:
    assert at_least(0.1 + 0.2) == at_least(0.3) == tuple(range(3, 11))
    assert at_least(0) == at_least(0.1) == tuple(range(1, 11))
    assert at_least(0.91) == (10,)


@pytest.fixture
def night(make_index: Callable[..., ArticleIndex]) -> ArticleIndex:
    """Autophagy as the subject, in passing, and not at all."""
    return make_index(
        subject=("Autophagy and inflammation", prose(30, MENTION)),
        passing=("Inflammation by the lake", prose(30, MENTION)),
        absent=("Inflammation", prose(30)),
    )


# What autophagy and inflammation are under.
WIDER = ("proteostasis", "immune-response")


def ids(results: searchkit.Results) -> list[str]:
    return sorted(hit.id for hit in results)


def counted(results: searchkit.Results) -> dict[str, int]:
    return {count.value: count.count for count in results.facets["mechanism"] if count.value not in WIDER}


def test_a_least_strength_leaves_mere_mentions_out(night: ArticleIndex) -> None:
    assert ids(night.search(mechanism="autophagy")) == ["passing", "subject"]
    strong = night.search(mechanism="autophagy", min_strength=0.5)
    assert (ids(strong), strong.total) == (["subject"], 1)
    # Disjunctive: the counts of the other choices are those without the filter on mechanisms.
    assert counted(strong) == {"autophagy": 1, "inflammation": 3}
    assert [count.value for count in strong.facets["mechanism"] if count.selected] == ["autophagy"]
    assert strong.facets["language"][0].count == 1


def test_without_a_mechanism_a_least_strength_narrows_the_counts_alone(night: ArticleIndex) -> None:
    results = night.search("lake", min_strength=0.5)
    assert ids(results) == ids(night.search("lake")) == ["absent", "passing", "subject"]
    assert counted(results) == {"autophagy": 1, "inflammation": 3}
    assert counted(night.search("lake")) == {"autophagy": 2, "inflammation": 3}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mechanism:autophagy", ["subject"]),
        ("lake mechanism:autophagy", ["absent", "passing", "subject"]),
        ("+lake +mechanism:autophagy", ["subject"]),
        ("lake -mechanism:autophagy", ["absent", "passing"]),
    ],
)
def test_a_least_strength_holds_for_mechanisms_in_the_query(
    night: ArticleIndex, query: str, found: list[str]
) -> None:
    assert ids(night.search(query, min_strength=0.5)) == found


def test_a_chosen_mechanism_stays_to_be_seen_where_nothing_is_strong_enough(night: ArticleIndex) -> None:
    results = night.search("shore", mechanism="autophagy", min_strength=1)
    assert results.total == 0
    assert counted(results)["autophagy"] == 0


def test_every_way_of_asking_takes_a_least_strength(night: ArticleIndex) -> None:
    strong: dict[str, Any] = {"mechanism": "autophagy", "min_strength": 0.5}
    assert ids(night.like("absent", mechanism="autophagy")) == ["passing", "subject"]
    assert ids(night.like("absent", **strong)) == ["subject"]
    found = {count.value: count.count for count in night.facets(**strong)["mechanism"]}
    assert found == {"autophagy": 1, "proteostasis": 1, "inflammation": 3, "immune-response": 3}
    assert ids(searchkit.search("", index=night.path, **strong)) == ["subject"]


def test_candidates_of_articles_that_are_about_a_mechanism(sample_index: ArticleIndex) -> None:
    assert sample_index.unmatched(mechanism="long-term-potentiation")
    # Candidates need two articles, and one has it in its title.
    assert not sample_index.unmatched(mechanism="long-term-potentiation", min_strength=0.9)


def test_studies_of_articles_that_are_about_a_mechanism(sample_index: ArticleIndex) -> None:
    (study, *_) = sample_index.studies(mechanism="deep-sleep", min_strength=0.8)
    about = {article.id for article in study.articles}
    strong = {hit.id for hit in sample_index.search(mechanism="deep-sleep", min_strength=0.8, limit=100)}
    assert about <= strong < {hit.id for hit in sample_index.search(mechanism="deep-sleep", limit=100)}


@pytest.mark.parametrize("least", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_strength_is_from_0_to_1(night: ArticleIndex, least: float) -> None:
    with pytest.raises(InputError, match="min_strength must be from 0 to 1, not "):
        night.search(min_strength=least)


def test_strengths_follow_a_new_vocabulary(night: ArticleIndex) -> None:
    night.rebuild(vocabulary=searchkit.Vocabulary({"lakes": {"en": ("lake",)}}))
    assert strength_in(night, "lakes") == {"passing": 1.0, "subject": 0.9, "absent": 0.9}
    assert counted(night.search(min_strength=1)) == {"lakes": 1}


# The commands


def command(index: ArticleIndex, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, [*arguments, "--index", str(index.path)])
    return done.exit_code, done.stdout, done.stderr


def test_the_commands_take_a_least_strength(night: ArticleIndex) -> None:
    strong = ("--mechanism", "autophagy", "--min-strength", "0.5", "--json")
    code, output, _ = command(night, "search", *strong)
    (hit,) = json.loads(output)["hits"]
    assert (code, hit["id"]) == (0, "subject")
    assert hit["strengths"] == {"mechanism": dict(night.get("subject").strengths["mechanism"])}
    _, output, _ = command(night, "facets", *strong)
    counts = {count["value"]: count["count"] for count in json.loads(output)["mechanism"]}
    assert counts == {"autophagy": 1, "proteostasis": 1, "inflammation": 3, "immune-response": 3}
    assert command(night, "studies", *strong)[:2] == (0, "[]\n")


@pytest.mark.parametrize("least", ["2", "-1", "nan"])
@pytest.mark.parametrize("name", ["search", "facets", "studies"])
def test_a_strength_that_is_none_is_one_line(night: ArticleIndex, name: str, least: str) -> None:
    code, output, told = command(night, name, "--min-strength", least)
    assert (code, output) == (2, "")
    assert told == f"searchkit: min_strength must be from 0 to 1, not {float(least)}\n"


def test_show_tells_strengths(night: ArticleIndex) -> None:
    _, output, _ = command(night, "show", "passing")
    label = night.label("mechanism", "autophagy")
    other = night.label("mechanism", "inflammation")
    assert f"{other} (0.9), {label} (0.1)" in output
    _, output, _ = command(night, "show", "passing", "--why", "mechanism=autophagy", "--why", "language=en")
    (line,) = [line for line in output.splitlines() if line.startswith("mechanism autophagy")]
    assert line.endswith("  strength 0.1")
    assert output.count("strength") == 1


def test_show_tells_strengths_as_json(night: ArticleIndex) -> None:
    _, output, _ = command(night, "show", "passing", "--json")
    assert json.loads(output)["strengths"] == {
        "mechanism": {"autophagy": 0.1, "proteostasis": 0.1, "inflammation": 0.9, "immune-response": 0.9}
    }
    asked = ("--why", "mechanism=autophagy", "--why", "language=en", "--json")
    one, other = json.loads(command(night, "show", "passing", *asked)[1])["why"]
    assert one["strength"] == 0.1
    assert "strength" not in other


# The real articles


def test_a_real_article_is_as_strong_in_translation(real_index: ArticleIndex) -> None:
    compared = 0
    for hit in real_index.search(limit=100, collapse=True, facets=False):
        versions = [hit.article, *(real_index.get(version.id) for version in hit.also)]
        found = [article.strengths["mechanism"] for article in versions]
        shared = set.intersection(*map(set, found))
        apart = [max(values[key] for values in found) - min(values[key] for values in found) for key in shared]
        assert max(apart) <= 0.3
        if len(versions) > 1:
            compared += len(apart)
            assert sum(apart) / len(apart) < 0.05
    assert compared > 50


def test_a_real_title_names_subjects_and_most_of_what_is_named_is_none(real_index: ArticleIndex) -> None:
    strong = weak = 0
    for identifier in real_index.ids():
        article = real_index.get(identifier)
        for key, strength in article.strengths["mechanism"].items():
            in_title = any(passage.kind == "title" for passage in real_index.why(identifier, "mechanism", key))
            assert strength >= 0.9 if in_title else strength < 0.9
            strong += strength >= 0.5
            weak += strength <= 0.2
    assert 0 < strong < weak
