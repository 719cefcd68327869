import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import searchkit
from searchkit import ArticleIndex, Draft, Problem, Vocabulary, settings
from searchkit.settings import Settings

MakeIndex = Callable[..., ArticleIndex]


def draft(identifier: str, text: str, **more: object) -> Draft:
    return Draft(**{"id": identifier, "title": "", "text": text, "source": "test", "language": "en", **more})  # type: ignore[arg-type]


def ids(index: ArticleIndex, query: str = "", **filters: object) -> list[str]:
    return [hit.id for hit in index.search(query, **filters)]  # type: ignore[arg-type]


# Studies

PLACE = "A text.\n\nReferences\n\n1. Ann B. A title. Brain Res. 2015;12(3):44-50."
DOI = f"{PLACE} doi:10.9999/abc.1"


def studies(index: ArticleIndex) -> dict[str, tuple[str, ...]]:
    return {hit.id: hit.facets["study"] for hit in index.search(limit=100)}


@pytest.mark.parametrize("order", ["together", "doi first", "doi last"])
def test_a_study_has_one_key_whichever_article_gives_its_doi(tmp_path: Path, order: str) -> None:
    index = ArticleIndex.create(tmp_path / "index")
    both = [draft("place", PLACE), draft("doi", DOI)]
    if order == "together":
        index.update(both)
    else:
        for one in both[:: -1 if order == "doi first" else 1]:
            index.update([one])
    assert studies(index) == {"place": ("doi:10.9999/abc.1",), "doi": ("doi:10.9999/abc.1",)}
    assert index.stored("place").evidence["study"] == {"doi:10.9999/abc.1": ((PLACE.index("Ann"), len(PLACE)),)}
    assert not index.update(both).any
    index.rebuild()
    assert studies(index) == {"place": ("doi:10.9999/abc.1",), "doi": ("doi:10.9999/abc.1",)}
    with searchkit.open(tmp_path / "index") as again:
        again.update([draft("late", PLACE)])
        assert studies(again)["late"] == ("doi:10.9999/abc.1",)


def test_a_tie_that_a_killed_process_left_undone_is_made_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ArticleIndex.create(tmp_path / "index")
    index.update([draft("place", PLACE)])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ArticleIndex, "_tie", killed)
        with pytest.raises(KeyboardInterrupt):
            index.update([draft("doi", DOI)])
    assert studies(index) == {"place": ("2015;12:44",), "doi": ("doi:10.9999/abc.1",)}
    with searchkit.open(tmp_path / "index") as again:
        again.update([])
        assert studies(again) == {"place": ("doi:10.9999/abc.1",), "doi": ("doi:10.9999/abc.1",)}


def test_a_rebuild_forgets_what_only_a_removed_article_said(tmp_path: Path) -> None:
    index = ArticleIndex.create(tmp_path / "index")
    index.update([replace(draft("doi", DOI), source=str(tmp_path / "gone.txt")), draft("place", PLACE)])
    assert index.update([], prune=[tmp_path / "gone.txt"]).removed == 1
    assert studies(index) == {"place": ("doi:10.9999/abc.1",)}
    index.rebuild()
    assert studies(index) == {"place": ("2015;12:44",)}


def test_a_namesake_and_a_given_study_keep_their_keys(tmp_path: Path) -> None:
    index = ArticleIndex.create(tmp_path / "index")
    other = PLACE.replace("Ann B", "Cid D")
    given = draft("given", "Text.", facets={"study": ("2015;12:44",)})
    index.update([draft("other", other), given])
    index.update([draft("doi", DOI)])
    assert studies(index) == {"other": ("2015;12:44",), "given": ("2015;12:44",), "doi": ("doi:10.9999/abc.1",)}


def test_a_list_of_references_ties_the_running_text_to_its_key(tmp_path: Path) -> None:
    index = ArticleIndex.create(tmp_path / "index")
    index.update([draft("one", f"It was shown (Brain Res 2015;12:44). {DOI}")])
    assert studies(index) == {"one": ("doi:10.9999/abc.1",)}
    assert len(index.stored("one").evidence["study"]["doi:10.9999/abc.1"]) == 2


# Updating


def test_the_same_articles_again_change_nothing(samples: Path, tmp_path: Path) -> None:
    first = searchkit.index_articles([samples], index=tmp_path / "index")
    assert (first.added, first.problems) == (51, [])
    files = {file: file.read_bytes() for file in (tmp_path / "index").rglob("*") if file.is_file()}
    again = searchkit.index_articles([samples], index=tmp_path / "index", prune=True)
    assert (again.added, again.changed, again.unchanged, again.removed) == (0, 0, 51, 0)
    assert not again.any
    assert {file: file.read_bytes() for file in (tmp_path / "index").rglob("*") if file.is_file()} == files


def test_a_changed_article_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "articles" / "one.txt"
    file.parent.mkdir()
    file.write_text("Title\n\nThe first version speaks of apples.")
    searchkit.index_articles([file], index=tmp_path / "index")
    file.write_text("Title\n\nThe second version speaks of pears.")
    changes = searchkit.index_articles([file], index=tmp_path / "index")
    assert (changes.added, changes.changed) == (0, 1)
    with searchkit.open(tmp_path / "index") as index:
        assert (index.search("apples").total, index.search("pears").total) == (0, 1)


def test_prune_removes_what_is_gone_and_only_under_the_given_paths(samples: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(samples, tmp_path / name)
    searchkit.index_articles([tmp_path / "a", tmp_path / "b"], index=tmp_path / "index")
    (tmp_path / "a" / "exercise.sv.txt").unlink()
    (tmp_path / "b" / "exercise.sv.txt").unlink()
    assert searchkit.index_articles([tmp_path / "a"], index=tmp_path / "index").removed == 0
    assert searchkit.index_articles([tmp_path / "a"], index=tmp_path / "index", prune=True).removed == 1
    with searchkit.open(tmp_path / "index") as index:
        assert index.info().articles == 2 * 51 - 1


def test_prune_keeps_an_article_whose_file_could_not_be_read_this_time(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text("Title\n\nSome text about sleep.")
    searchkit.index_articles([file], index=tmp_path / "index")
    file.write_bytes(b"\xfa\xfb broken")
    changes = searchkit.index_articles([tmp_path], index=tmp_path / "index", prune=True)
    assert (changes.removed, len(changes.problems)) == (0, 1)


def test_prune_keeps_everything_of_a_path_that_does_not_exist(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "one.txt").write_text("Title\n\nSome text about sleep.")
    searchkit.index_articles([folder], index=tmp_path / "index")
    shutil.rmtree(folder)
    assert searchkit.index_articles([folder], index=tmp_path / "index", prune=True).removed == 0
    assert searchkit.index_articles([tmp_path], index=tmp_path / "index", prune=True).removed == 1


def test_files_of_the_same_name_in_two_folders_are_two_articles(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.txt").write_text(f"Title {name}\n\nText of {name}, which is long enough.")
    assert searchkit.index_articles([tmp_path / "a", tmp_path / "b"], index=tmp_path / "index").added == 2


def test_the_way_a_path_is_spelled_does_not_matter(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searchkit.index_articles([samples], index=tmp_path / "index")
    monkeypatch.chdir(samples.parent)
    assert searchkit.index_articles(["./articles/../articles"], index=tmp_path / "index").unchanged == 51


def test_an_id_that_two_articles_give_stays_with_the_first(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        for _ in range(2):
            changes = index.update([draft("x", "first text"), draft("x", "second text")])
            assert len(changes.problems) == 1
            assert "'x'" in changes.problems[0]
        assert changes.unchanged == 1
        assert index.get("x").text == "first text"


def test_problems_among_the_drafts_are_passed_on(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        changes = index.update([draft("x", "text"), Problem("bad.txt: empty; skipped")])
        assert (changes.added, changes.problems) == (1, ["bad.txt: empty; skipped"])


def test_an_error_while_reading_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    def failing() -> object:
        yield draft("y", "new text")
        raise RuntimeError("the source broke")

    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([draft("x", "old text")])
        with pytest.raises(RuntimeError, match="the source broke"):
            index.update(failing())  # type: ignore[arg-type]
        assert index.ids() == ["x"]
        assert index.update([draft("z", "later text")]).added == 1


def test_an_empty_run_leaves_no_index_behind(tmp_path: Path) -> None:
    changes = searchkit.index_articles([tmp_path / "missing"], index=tmp_path / "index")
    assert len(changes.problems) == 1
    assert not (tmp_path / "index").exists()


def test_halves_of_surrogate_pairs_do_no_harm(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([draft("x\ud800", "sleep \udfff and memory", title="\ud83d", author="a\udcff")])
        assert index.ids() == ["x?"]
        assert index.search("memory \ud800*").total == 1
        assert index.search("\ud800").total == 0


# Given fields


def test_given_fields_win_over_detected_ones(tmp_path: Path) -> None:
    given = draft(
        "x",
        "Detta är en svensk text om djupsömn och minne.",
        language="en",
        published=date(2020, 2, 29),
        facets={"mechanism": ("my-own",)},
    )
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([given])
        article = index.get("x")
        assert (article.language, article.published) == ("en", date(2020, 2, 29))
        assert article.facets["mechanism"] == ("my-own",)
        assert ids(index, mechanism="my-own") == ["x"]
        index.rebuild()
        assert index.get("x") == article


# Searching


def test_words_of_one_language_find_inflected_forms(make_index: MakeIndex) -> None:
    assert ids(make_index("sv", one="Synapserna förändras."), "synaps") == ["one"]


def test_any_word_matches_and_more_words_rank_higher(make_index: MakeIndex) -> None:
    index = make_index(one="sleep only", two="memory only", three="sleep and memory")
    assert ids(index, "sleep memory")[0] == "three"
    assert index.search("sleep memory").total == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("+sleep memory", {"one", "three"}),
        ("sleep -memory", {"one"}),
        ("sleep AND memory", {"three"}),
        ("sleep NOT memory", {"one"}),
        ("NOT sleep", {"two"}),
        ('"sleep and memory"', {"three"}),
        ('"memory sleep"', set()),
        ("mem*", {"two", "three"}),
        ("slepe~2", {"one", "three"}),
        ("title:beta", {"two"}),
        ("text:beta", set()),
        ("*", {"one", "two", "three"}),
        ("", {"one", "two", "three"}),
        ("language:en", {"one", "two", "three"}),
        ("-language:en", set()),
        ("(sleep OR memory) AND title:alpha", {"one"}),
        ("zzz", set()),
        ("!!! ???", set()),
    ],
)
def test_the_query_language(make_index: MakeIndex, query: str, expected: set[str]) -> None:
    index = make_index(
        one=("Alpha", "sleep only"), two=("Beta", "memory only"), three=("Gamma", "sleep and memory")
    )
    assert set(ids(index, query)) == expected


def test_authors_are_found(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([draft("x", "text", author="Riley Forbes"), draft("y", "Forbes is in this text")])
        assert ids(index, "author:forbes") == ["x"]
        assert set(ids(index, "riley")) == {"x"}


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("突触可塑性", "突触", True),
        ("突触可塑性", "可塑性", True),
        ("突触可塑性", '"触可"', True),
        ("突触可塑性", "+塑性", True),
        ("突触可塑性", '"突触 可塑性"', True),
        ("突触和可塑性", '"突触 可塑性"', False),
        ("神经可塑性", "神經可塑性", True),
        ("提高镁含量", "镁", True),
        ("苏氨酸镁", "镁", True),
        ("突触可塑性", '"可塑突触"', False),
        ("突触可塑性", "睡", False),
    ],
)
def test_chinese_is_found_whatever_its_word_breaks(
    make_index: MakeIndex, text: str, query: str, found: bool
) -> None:
    assert ids(make_index("zh", one=text), query) == (["one"] if found else [])


def test_a_search_by_mechanism_words_finds_the_other_languages_below_its_own(
    sample_index: ArticleIndex,
) -> None:
    results = sample_index.search("elagage synaptique")  # a typing error in the first word
    assert results.hits[0].language == "fr"
    results = sample_index.search("élagage synaptique")
    assert results.hits[0].language == "fr"
    assert {hit.language for hit in results if "synaptic-pruning" in hit.mechanisms} == {
        "en",
        "fr",
        "hi",
        "sv",
        "zh",
    }


def test_expansion_can_be_turned_off(sample_index: ArticleIndex) -> None:
    assert {hit.language for hit in sample_index.search('"synaptisk gallring"', expand=False)} <= {"sv"}


def test_a_foreign_word_does_not_outrank_the_languages_own(tmp_path: Path) -> None:
    english = [
        draft(f"en{n}", f"what is it that they do with the number {n}, and what is the matter") for n in range(12)
    ]
    swedish = [draft(f"sv{n}", f"ett tal som är {n} och inget annat alls", language="sv") for n in range(12)]
    quoting = draft("quote", "han sade what och sedan inget mer", language="sv")
    wanted = draft("wanted", "a tale of seven whales and what they eat")
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([*english, *swedish, quoting, wanted])
        assert ids(index, "what do whales eat")[0] == "wanted"


def test_required_words_rank_as_optional_ones_do(make_index: MakeIndex) -> None:
    index = make_index(
        one=("Sleep", "memory, and then a good deal about other things that nobody asked for"),
        two=("Water", "memory of sleep, sleep of memory"),
        three=("Lakes", "sleep, but no remembering; and sleep"),
    )
    scores = dict(index.rank("sleep OR memory"))
    required = dict(index.rank("sleep AND memory"))
    assert required.keys() == {"one", "two"}
    assert required == pytest.approx({name: scores[name] for name in required})


def test_a_word_said_twice_counts_once(make_index: MakeIndex) -> None:
    index = make_index(one="sleep or sleep", two="memory, and memory", three="lakes and water")
    assert index.rank("sleep memory sleep sleep") == index.rank("sleep memory")


def test_a_bigram_across_two_chinese_words_counts_less_than_a_word(make_index: MakeIndex) -> None:
    # The question's 经可 lies across 神经 and 可以.
    index = make_index("zh", across="已经可见这里的水", within="这里神经的水见到")
    assert ids(index, "神经可以恢复吗") == ["within", "across"]


def test_a_long_chinese_word_counts_as_one_word(make_index: MakeIndex) -> None:
    index = make_index("zh", long="他来到马萨诸塞州", short="他们这里有武器", other="雨下在山上很久了")
    scores = dict(index.rank("马萨诸塞州 武器"))
    assert scores["long"] < 3 * scores["short"]


def test_a_chinese_question_about_a_latin_name_is_chinese(tmp_path: Path) -> None:
    chinese = draft("zh", "关于 IPCC 的报告，说明了气候的变化和人们的看法。", language="zh")
    english = draft("en", "IPCC, the IPCC and again the IPCC")
    others = [draft(f"{code}{n}", "x", language=code) for code in ("zh", "en") for n in range(3)]
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([chinese, english, *others])
        assert ids(index, "IPCC 错在哪里？") == ["zh", "en"]


def test_words_that_stand_together_rank_higher(make_index: MakeIndex) -> None:
    index = make_index(
        apart="the memory of sleep and the deep water of lakes",
        together="the deep sleep of lakes and memory of the water",
    )
    assert ids(index, "deep sleep") == ["together", "apart"]


def test_the_language_that_knows_the_querys_words_decides_the_order(tmp_path: Path) -> None:
    swedish = draft("sv", "Hur påverkar magnesium sömnen hos äldre människor i Norden?", language="sv")
    english = draft("en", "Magnesium magnesium magnesium: a short note on magnesium.")
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(
            [swedish, english, draft("more", "nothing of it"), draft("mera", "ingenting alls", language="sv")]
        )
        assert ids(index, "hur påverkar magnesium sömnen") == ["sv", "en"]
        assert set(ids(index, "magnesium")) == {"sv", "en"}


def test_pages_follow_each_other(sample_index: ArticleIndex) -> None:
    everything = ids(sample_index, "sleep", limit=100)
    pages = [ids(sample_index, "sleep", limit=2, offset=offset) for offset in range(0, len(everything), 2)]
    assert [identifier for page in pages for identifier in page] == everything


def test_sorting_by_date_puts_the_newest_first_and_the_unknown_last(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update(
            [
                draft("old", "word", published=date(2001, 1, 1)),
                draft("none", "word"),
                draft("new", "word", published=date(2024, 5, 16)),
            ]
        )
        assert ids(index, "word", sort="date") == ["new", "old", "none"]


def test_a_limit_of_nought_gives_counts_only(sample_index: ArticleIndex) -> None:
    results = sample_index.search("sleep", limit=0)
    assert (len(results), results.hits) == (0, ())
    assert results.total > 0
    assert results.facets["language"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"limit": -1}, "0 or more"), ({"offset": -1}, "0 or more"), ({"sort": "x"}, "'x'")],
)
def test_wrong_arguments_are_refused(
    sample_index: ArticleIndex, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(searchkit.InputError, match=message):
        sample_index.search("sleep", **arguments)  # type: ignore[arg-type]


# Facets and filters


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("mechanism", "nmda-receptor"),
        ("mechanism", "NMDA receptor"),
        ("mechanism", "NMDA受体"),
        ("study", "bliss-1973"),
        ("study", "10.1113/jphysiol.1973.sp010273"),
        ("study", "doi:10.1113/JPHYSIOL.1973.sp010273"),
        ("study", "Bliss"),
        ("study_type", "animal"),
        ("study_type", "動物研究"),
        ("language", "zh"),
    ],
)
def test_a_filter_takes_keys_labels_and_dois(sample_index: ArticleIndex, name: str, spelling: str) -> None:
    found = ids(sample_index, "突触", **{name: spelling}, limit=50)
    assert any(identifier.startswith("long-term-potentiation") for identifier in found)


def test_values_of_a_facet_are_alternatives_and_facets_must_all_hold(sample_index: ArticleIndex) -> None:
    swedish, hindi = (set(ids(sample_index, language=code, limit=50)) for code in ("sv", "hi"))
    assert set(ids(sample_index, language=["sv", "hi"], limit=50)) == swedish | hindi
    pruning = set(ids(sample_index, mechanism="synaptic-pruning", limit=50))
    assert set(ids(sample_index, language="sv", mechanism="synaptic-pruning", limit=50)) == swedish & pruning


def test_counts_are_those_of_brute_force_and_a_facets_own_filter_does_not_narrow_them(
    sample_index: ArticleIndex,
) -> None:
    filters = {"language": ["sv", "en"], "mechanism": ["deep-sleep"]}
    results = sample_index.search("", **filters, limit=50)  # type: ignore[arg-type]
    articles = [sample_index.get(identifier) for identifier in sample_index.ids()]
    for facet, counts in results.facets.items():
        others = {name: values for name, values in filters.items() if name != facet}
        left = [
            article
            for article in articles
            if all(set(values) & set(article.facets[name]) for name, values in others.items())
        ]
        expected: dict[str, int] = {}
        for article in left:
            for value in article.facets[facet]:
                expected[value] = expected.get(value, 0) + 1
        assert {count.value: count.count for count in counts if count.count} == expected
        assert {count.value for count in counts if count.selected} == set(filters.get(facet, ()))


def test_an_unknown_filter_value_is_named_with_what_is_near(sample_index: ArticleIndex) -> None:
    with pytest.raises(searchkit.FilterError, match=r"'nmda-receptr'.*did you mean nmda-receptor"):
        sample_index.search("", mechanism="nmda-receptr")


@pytest.mark.parametrize(
    "filters",
    [{"language": "da"}, {"mechanism": "amyloid-beta", "language": "fr"}, {"study": "Abbasi", "language": "zh"}],
)
def test_a_value_that_no_article_here_has_finds_nothing_and_is_no_error(
    sample_index: ArticleIndex, filters: dict[str, str]
) -> None:
    assert sample_index.search(**filters).total == 0  # type: ignore[arg-type]


def test_an_unknown_value_inside_a_query_is_a_note_not_an_error(sample_index: ArticleIndex) -> None:
    results = sample_index.search("mechanism:nonsense-xyz")
    assert results.total == 0
    assert "nonsense-xyz" in results.notes[0]


# Vocabulary, rebuilding, opening


def test_a_vocabulary_of_ones_own_is_kept_in_the_index_and_derives_articles_anew(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Cells\n\nThe cell cleans itself by autophagy, every night.")
    index = tmp_path / "index"
    searchkit.index_articles([tmp_path / "a.txt"], index=index)
    file = tmp_path / "own.toml"
    file.write_text('[autophagy]\nen = ["autophagy"]\nzh = ["自噬"]\n', encoding="utf-8")
    assert searchkit.index_articles([tmp_path / "a.txt"], index=index, vocabulary=file).unchanged == 1
    with searchkit.open(index) as opened:
        assert opened.search("自噬").total == 1
        assert opened.search("", mechanism="autophagy").total == 1
        assert "nmda-receptor" in opened.vocabulary.concepts


def test_rebuilding_keeps_every_article_as_it_was(samples: Path, tmp_path: Path) -> None:
    searchkit.index_articles([samples], index=tmp_path / "index")
    with searchkit.open(tmp_path / "index") as index:
        before = {identifier: index.get(identifier) for identifier in index.ids()}
        scores = [(hit.id, hit.score) for hit in index.search("sleep 突触", limit=50)]
        assert index.rebuild() == 51
        assert {identifier: index.get(identifier) for identifier in index.ids()} == before
        assert [(hit.id, hit.score) for hit in index.search("sleep 突触", limit=50)] == scores
    assert searchkit.index_articles([samples], index=tmp_path / "index").unchanged == 51


def test_an_index_of_other_analyzers_says_which_command_rebuilds_it(samples: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    searchkit.index_articles([samples / "exercise.sv.txt"], index=folder)
    meta = json.loads((folder / "searchkit.json").read_text())
    meta["analyzers"]["sv"] = "0" * 12
    (folder / "searchkit.json").write_text(json.dumps(meta))
    with pytest.raises(searchkit.AnalyzerMismatchError, match="searchkit rebuild --index"):
        searchkit.open(folder)
    with ArticleIndex.open(folder, check=False) as index:
        index.rebuild()
    searchkit.open(folder).close()


def test_a_missing_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(searchkit.IndexNotFoundError, match="searchkit index"):
        searchkit.open(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 999}', "\x00"])
def test_a_broken_index_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "searchkit.json").write_text(content)
    with pytest.raises(searchkit.IndexFormatError, match=r"searchkit\.json"):
        searchkit.open(tmp_path)


def test_a_folder_with_other_things_in_it_is_not_made_an_index(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(searchkit.InputError, match="not empty"):
        ArticleIndex.create(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_a_vocabulary_can_replace_the_built_in_one(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('replace = true\n[autophagy]\nen = ["autophagy"]\n')
    assert set(Vocabulary.load(file, Vocabulary.builtin()).concepts) == {"autophagy"}


def test_an_article_is_found_by_the_beginning_of_its_id(sample_index: ArticleIndex) -> None:
    assert sample_index.get("gut-brain.en").language == "en"
    with pytest.raises(searchkit.InputError, match="3 articles have ids"):
        sample_index.get("gut-brain")
    with pytest.raises(searchkit.InputError, match="no article has the id"):
        sample_index.get("nothing")


def test_an_open_index_sees_the_languages_and_the_vocabulary_that_another_adds(tmp_path: Path) -> None:
    with ArticleIndex.create(tmp_path / "index") as index:
        index.update([draft("x", "A text about sleep.")])
        assert index.search("突触").total == 0
        with searchkit.open(tmp_path / "index") as other:
            other.update([draft("y", "突触可塑性", language="zh")])
        assert ids(index, "突触") == ["y"]
        with searchkit.open(tmp_path / "index") as other:
            other.rebuild(vocabulary=Vocabulary({"slumber": {"en": ("sleep",), "fr": ("dodo",)}}))
        assert ids(index, "dodo") == ["x"]
        assert index.info().mechanisms == 1


def test_a_reader_finds_what_was_committed_by_a_process_that_was_killed_right_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Draft(id="a", title="", text="One about lynxes.", source="x", language="en")
    with ArticleIndex.create(tmp_path / "index") as writer, ArticleIndex.open(tmp_path / "index") as reader:
        writer.update([draft])
        save = ArticleIndex._save

        def saved_before_the_commit(index: ArticleIndex, current: Settings) -> None:
            save(index, current)
            # The word is in no article yet.
            assert reader.search("walrus").total == 0

        def killed_after_the_commit(_: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(ArticleIndex, "_save", saved_before_the_commit)
        monkeypatch.setattr(settings, "touch", killed_after_the_commit)
        with pytest.raises(KeyboardInterrupt):
            writer.update([replace(draft, id="b", text="One about a walrus.")])
        assert reader.search("walrus").total == 1
