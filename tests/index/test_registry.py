import pytest

from searchkit.errors import InputError, MissingExtraError
from searchkit.index import DEFAULT_ENGINE, ENGINES, engine_class, registry
from searchkit.index.whoosh import WhooshEngine


def add_engine(monkeypatch, *place):
    monkeypatch.setitem(ENGINES, "paper", registry._Place(*place))


def test_the_default_engine_is_whoosh():
    assert engine_class(DEFAULT_ENGINE) is engine_class("whoosh") is WhooshEngine


@pytest.mark.parametrize("name", ["lucene", "", "Whoosh", "whoosh "])
def test_an_unknown_name_is_answered_with_the_known_ones(name):
    with pytest.raises(InputError) as caught:
        engine_class(name)

    assert str(caught.value) == f"no engine is named {name!r}; choose one of: {', '.join(sorted(ENGINES))}"


def test_an_engine_is_found_by_its_place(monkeypatch, tmp_path):
    (tmp_path / "paper_engine.py").write_text("class PaperEngine: pass", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    add_engine(monkeypatch, "paper_engine", "PaperEngine", "paper")

    assert engine_class("paper").__name__ == "PaperEngine"


def test_a_missing_module_is_answered_with_how_to_install_it(monkeypatch):
    add_engine(monkeypatch, "searchkit.index.paper", "PaperEngine", "paper")

    with pytest.raises(MissingExtraError) as caught:
        engine_class("paper")

    assert str(caught.value) == ("the paper engine needs searchkit.index.paper: pip install 'searchkit[paper]'")


def test_a_missing_library_is_named(monkeypatch, tmp_path):
    (tmp_path / "printed_engine.py").write_text("import printing_press.ink", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    add_engine(monkeypatch, "printed_engine", "PrintedEngine", "paper")

    with pytest.raises(MissingExtraError, match="the paper engine needs printing_press: pip install"):
        engine_class("paper")


def test_an_import_error_of_an_engine_without_an_extra_is_not_dressed_up(monkeypatch):
    add_engine(monkeypatch, "searchkit.index.paper", "PaperEngine", None)

    with pytest.raises(ModuleNotFoundError) as caught:
        engine_class("paper")

    assert not isinstance(caught.value, MissingExtraError)
