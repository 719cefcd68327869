"""The table of languages, what an analyzer loads, and where it keeps the Chinese dictionary."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from searchkit.analyzers import LANGUAGES, Language, analyzer_for, language

ANALYZERS = Path(import_module("searchkit.analyzers").__file__ or "").parent
CHINESE = """
from searchkit.analyzers import analyzer_for
print(*(token.text for token in analyzer_for("zh").tokens("突触可塑性")))
"""
TERMS = "突触 触可 可塑性 可塑 塑性 性"


def run(
    code: str, *options: str, path: Path | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run Python code in a process of its own; it must end well."""
    found = [str(path) if path else "", os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        env=os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(filter(None, found))} | environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the Chinese dictionary."""
    folder = tmp_path_factory.mktemp("dictionary")
    run(CHINESE, XDG_CACHE_HOME=str(folder))
    (file,) = (folder / "searchkit").iterdir()
    return file


@pytest.fixture
def cache(tmp_path: Path, dictionary: Path) -> Path:
    """A copy of that cache, in a folder of caches."""
    folder = tmp_path / "searchkit"
    folder.mkdir(mode=0o700)
    return Path(shutil.copy(dictionary, folder))


def test_every_language_file_is_in_the_table_and_the_table_has_no_other() -> None:
    files = {file.stem for file in ANALYZERS.glob("*.py") if len(file.stem) in {2, 3}}
    assert set(LANGUAGES) == files


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_the_code_of_its_file(code: str) -> None:
    found = language(code)
    assert found.code == code
    assert found.name
    assert found.scripts


def test_the_template_is_a_language_that_works() -> None:
    from searchkit.analyzers import Analyzer
    from searchkit.analyzers.template import TEMPLATE

    assert isinstance(TEMPLATE, Language)
    assert [token.text for token in Analyzer(TEMPLATE).tokens("Some WORDS")] == ["some", "words"]


@pytest.mark.parametrize(
    ("code", "text", "terms"),
    [
        ("de", "Gehirne", ["gehirne", "gehirn"]),  # Snowball has an algorithm
        ("vi", "Não bộ", ["não", "bộ"]),  # it has none: plain words
        ("ko", "뇌과학", ["뇌과", "과학", "학"]),  # bigrams
        ("cs", "synapses", ["synapses"]),  # not English either
        ("xx", "Words", ["words"]),  # nobody's language
        ("ru", "Мозги synapses", ["мозги", "мозг", "synapses", "synaps"]),  # English inside
    ],
)
def test_a_language_without_a_file_gets_the_fallback(code: str, text: str, terms: list[str]) -> None:
    assert language(code).code == code
    assert [token.text for token in analyzer_for(code).tokens(text)] == terms


@pytest.mark.parametrize(
    ("given", "code"), [("zh-TW", "zh"), ("zh_Hant_TW", "zh"), ("SV", "sv"), ("en-gb", "en"), ("fr_CA", "fr")]
)
def test_case_and_region_of_a_code_do_not_matter(given: str, code: str) -> None:
    assert analyzer_for(given) is analyzer_for(code)


def test_the_same_arguments_give_the_same_analyzer() -> None:
    assert analyzer_for("zh", ["苏氨酸镁", "海马体"]) is analyzer_for("zh", ("海马体", "苏氨酸镁"))


def test_fingerprints_differ_between_languages_and_with_user_words() -> None:
    analyzers = [analyzer_for(code) for code in [*LANGUAGES, "da", "ja", "xx"]]
    analyzers.append(analyzer_for("zh", ["苏氨酸镁"]))
    fingerprints = {analyzer.fingerprint for analyzer in analyzers}
    assert len(fingerprints) == len(analyzers)
    assert {len(fingerprint) for fingerprint in fingerprints} == {12}


def test_fingerprints_are_the_same_in_every_process() -> None:
    code = (
        "from searchkit.analyzers import LANGUAGES, analyzer_for\n"
        "print(*(analyzer_for(code, ['海马体', '苏氨酸镁']).fingerprint for code in LANGUAGES))"
    )
    here = [analyzer_for(code, ["苏氨酸镁", "海马体"]).fingerprint for code in LANGUAGES]
    for seed in "12":
        assert run(code, PYTHONHASHSEED=seed).stdout.split() == here


@pytest.mark.parametrize("code", ["sv", "hi", "fr", "en", "da"])
def test_only_chinese_text_loads_jieba(code: str) -> None:
    shown = run(
        "import sys\n"
        "from searchkit.analyzers import analyzer_for\n"
        f"analyzer = analyzer_for({code!r}, ['苏氨酸镁'])\n"
        "assert analyzer.fingerprint\n"
        "assert list(analyzer.tokens('hjärnan हिन्दी l’été brain'))\n"
        "assert analyzer_for('zh').canonical('突触可塑性')\n"
        "print('jieba' in sys.modules)\n"
        "assert list(analyzer.tokens('突触'))\n"
        "print('jieba' in sys.modules)\n"
    )
    assert shown.stdout.split() == ["False", "True"]


def test_short_words_do_not_load_the_list_of_compounds() -> None:
    shown = run(
        "from searchkit.analyzers import analyzer_for\n"
        "sv = analyzer_for('sv')\n"
        "sv.fingerprint, list(sv.tokens('vad är minne'))\n"
        "print('_elements' in vars(sv.language.compounds))\n"
        "list(sv.tokens('arbetsminne'))\n"
        "print('_elements' in vars(sv.language.compounds))"
    )
    assert shown.stdout.split() == ["False", "True"]


def test_fingerprints_tell_of_another_list_of_compounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from searchkit.analyzers.compounds import Compounds

    before = Compounds("sv_compounds.txt", link="s").fingerprint
    assert Compounds("sv_compounds.txt").fingerprint != before
    whole = Compounds._read
    monkeypatch.setattr(Compounds, "_read", lambda self: whole(self) + b"more\n")
    assert Compounds("sv_compounds.txt", link="s").fingerprint != before


@pytest.mark.parametrize("name", ["sv_compounds.txt", "sv_stems.txt"])
def test_the_lists_of_swedish_stems_are_of_the_rules_that_there_are(name: str) -> None:
    """If this fails, the rules have changed since: tools/swedish/README.md tells how to make the lists anew."""
    bare = replace(language("sv"), stems={}, compounds=None)
    rules = hashlib.sha256(bare.describe().encode()).hexdigest()[:12]
    head = (ANALYZERS / "data" / name).read_text(encoding="utf-8").partition("\n[")[0]
    assert f"Rules of analyzers/sv.py: {rules}." in head


def test_another_language_can_have_compounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from searchkit.analyzers import Analyzer
    from searchkit.analyzers.compounds import Compounds

    text = "# A list\n[first]\nsonnen sonn 3\nhaus haus 5\n[last]\naufgang\ntur\n[whole]\n"
    monkeypatch.setattr(Compounds, "_read", lambda _: text.encode())
    german = Language(
        code="de", name="German", scripts=("Latin",), stemmer="german", compounds=Compounds("de.txt")
    )
    tokens = [token.text for token in Analyzer(german).tokens("Sonnenaufgang")]
    assert tokens == ["sonn", "aufgang", "sonnenaufgang"]


def test_chinese_is_analyzed_without_a_word_on_the_screen(tmp_path: Path) -> None:
    for _ in "without a cache", "with one":
        shown = run(CHINESE, "-W", "error", "-X", "dev", XDG_CACHE_HOME=str(tmp_path))
        assert shown.stdout.strip() == TERMS
        assert shown.stderr == ""


posix = pytest.mark.skipif(os.name != "posix", reason="file modes as of POSIX")


@posix
def test_the_dictionary_cache_is_in_a_private_folder_and_not_in_the_temporary_one(tmp_path: Path) -> None:
    cache, temporary = tmp_path / "cache", tmp_path / "temporary"
    temporary.mkdir()
    run(CHINESE, XDG_CACHE_HOME=str(cache), TMPDIR=str(temporary))
    folder = cache / "searchkit"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [file for file in folder.iterdir() if file.stat().st_size > 1_000_000]
    assert list(temporary.iterdir()) == []


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_cache_folder_that_others_can_write_to_is_not_used(tmp_path: Path, mode: int) -> None:
    cache, temporary = tmp_path / "cache", tmp_path / "temporary"
    temporary.mkdir()
    folder = cache / "searchkit"
    folder.mkdir(parents=True)
    folder.chmod(mode)
    shown = run(CHINESE, XDG_CACHE_HOME=str(cache), TMPDIR=str(temporary))
    assert "可塑性" in shown.stdout
    assert list(folder.iterdir()) == []
    assert list(temporary.iterdir()) == []


@posix
def test_a_cache_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert "可塑性" in run(CHINESE, XDG_CACHE_HOME=str(tmp_path / "cache")).stdout


@pytest.mark.parametrize(
    "damaged",
    [lambda cache: b"", lambda cache: b"{}\n", lambda cache: b"no JSON", lambda cache: cache[: len(cache) // 2]],
    ids=["emptied", "of another form", "overwritten", "cut short"],
)
def test_a_damaged_cache_is_made_anew(cache: Path, damaged: Callable[[bytes], bytes]) -> None:
    whole = cache.read_bytes()
    cache.write_bytes(damaged(whole))
    assert run(CHINESE, XDG_CACHE_HOME=str(cache.parent.parent)).stdout.strip() == TERMS
    assert cache.read_bytes() == whole


def test_a_cache_that_vanishes_while_it_is_in_use_is_done_without(cache: Path) -> None:
    shown = run(
        f"{CHINESE}\n"
        f"import pathlib; pathlib.Path({str(cache)!r}).unlink()\n"
        "print(*(token.text for token in analyzer_for('zh').tokens('注意力')))",
        XDG_CACHE_HOME=str(cache.parent.parent),
    )
    assert "注意力" in shown.stdout.split()


def test_a_query_and_a_long_text_are_cut_into_the_same_words(cache: Path) -> None:
    """The first words come from parts of the dictionary's cache, later ones from the whole dictionary."""
    shown = run(
        "from searchkit.analyzers import analyzer_for\n"
        "text = '长时程增强使突触可塑性成为可能，海马体与大脑皮层。'\n"
        "zh = analyzer_for('zh')\n"
        "first = list(zh.tokens(text))\n"
        "for _ in range(300): last = list(zh.tokens(text))\n"
        "print(first == last)",
        XDG_CACHE_HOME=str(cache.parent.parent),
    )
    assert shown.stdout.strip() == "True"


def test_another_package_adds_a_language_with_an_entry_point(tmp_path: Path) -> None:
    (tmp_path / "searchkit_klingon.py").write_text(
        "from searchkit.analyzers import Language\n"
        "KLINGON = Language(code='tlh', name='Klingon', scripts=('Latin',), elisions=frozenset({'q'}))\n"
    )
    info = tmp_path / "searchkit_klingon-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: searchkit-klingon\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[searchkit.analyzers]\ntlh = searchkit_klingon:KLINGON\n")
    shown = run(
        "from searchkit.analyzers import analyzer_for\n"
        "analyzer = analyzer_for('tlh')\n"
        "print(analyzer.language.name, *(t.text for t in analyzer.tokens('q’apla')))",
        path=tmp_path,
    )
    assert shown.stdout.split() == ["Klingon", "apla"]


def test_an_entry_point_that_is_no_language_is_named(tmp_path: Path) -> None:
    info = tmp_path / "wrong-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[searchkit.analyzers]\nqq = os:sep\n")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run("from searchkit.analyzers import language; language('qq')", path=tmp_path)
    assert "'os:sep'" in caught.value.stderr
    assert "not a Language" in caught.value.stderr
