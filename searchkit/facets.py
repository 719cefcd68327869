"""What people call facet values, and which values they mean."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from searchkit.analyzers import known_codes
from searchkit.analyzers.normalize import fold
from searchkit.errors import FilterError, quoted
from searchkit.limits import MAX_VALUE_CHARACTERS
from searchkit.studies import StudyRegistry
from searchkit.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class FacetNames:
    """The names of the facet values of one index.

    Args:
        mechanisms: its vocabulary.
        study_labels: study key -> label.
        studies: returns the known studies, which few spellings need.
    """

    mechanisms: Vocabulary
    study_labels: Mapping[str, str]
    studies: Callable[[], StudyRegistry] = StudyRegistry.builtin
    _called: dict[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict, compare=False, repr=False)

    def called(self, facet: str, value: str) -> tuple[str, str | None]:
        """Return the English label of a value and the wider value that it is under, kept for the next search."""
        found = self._called.get((facet, value))
        if found is None:
            found = self._called[facet, value] = self.label(facet, value), self.parent(facet, value)
        return found

    def label(self, facet: str, value: str, language: str = "en") -> str:
        """Return what people call a value; itself where it has no other name."""
        if vocabulary := self._vocabulary(facet):
            return vocabulary.label(value, language)
        return self.study_labels.get(value, value) if facet == "study" else value

    def parent(self, facet: str, value: str) -> str | None:
        """Return the wider value that a value is under, if any."""
        vocabulary = self._vocabulary(facet)
        return vocabulary.parents.get(value) if vocabulary else None

    def accepted(self, facet: str, spellings: str | Iterable[str], known: Collection[str]) -> frozenset[str]:
        """Return the values that a person's spellings mean.

        Args:
            facet: name of the facet.
            spellings: keys, labels or their beginnings, terms in any language, DOIs.
            known: the values that articles of the index have; others are looked for only if none of these fits.

        Raises:
            FilterError: a spelling means no value, of the index or otherwise.
        """
        accepted: set[str] = set()
        texts: dict[str, list[str]] = {}  # what the values are called, read once
        for spelling in [spellings] if isinstance(spellings, str) else spellings:
            if len(spelling) > MAX_VALUE_CHARACTERS:
                raise FilterError(f"no {facet.replace('_', ' ')} has a name as long as {quoted(spelling)}")
            values = self._meant(facet, spelling, known, texts)
            if not values:
                possible = self._possible(facet)
                values = self._meant(facet, spelling, possible, texts)
            if not values:
                import difflib

                near = difflib.get_close_matches(fold(spelling), sorted({*known, *possible}), n=3, cutoff=0.5)
                name = facet.replace("_", " ")
                hint = f"did you mean {', '.join(near)}? " if near else ""
                raise FilterError(f"no {name} is called {quoted(spelling)}; {hint}'searchkit facets' lists all")
            accepted.update(values)
        return frozenset(accepted)

    def _meant(self, facet: str, spelling: str, known: Collection[str], texts: dict[str, list[str]]) -> set[str]:
        """Return the values of ``known`` that a spelling means, by the closest way in which any fits."""
        if spelling in known:
            return {spelling}
        wanted = fold(spelling).strip()
        if not wanted:
            return set()
        vocabulary = self._vocabulary(facet)
        if vocabulary and (named := vocabulary.find_in_query(spelling, whole=True).intersection(known)):
            return named
        for value in known:
            if value not in texts:
                texts[value] = self._names(facet, value)
        names = {value: texts[value] for value in known}
        equal = {value for value, texts in names.items() if wanted in texts}
        if equal or facet == "language":
            return equal
        begun = {value for value, texts in names.items() if any(text.startswith(wanted) for text in texts)}
        return begun or {value for value, texts in names.items() if any(f" {wanted}" in text for text in texts)}

    def _possible(self, facet: str) -> frozenset[str]:
        """Return the values that articles may have, whether or not one here does."""
        if vocabulary := self._vocabulary(facet):
            return frozenset(vocabulary.concepts)
        return frozenset(self.studies().studies) if facet == "study" else known_codes()

    def _vocabulary(self, facet: str) -> Vocabulary | None:
        """Return the vocabulary that a facet's values come from."""
        match facet:
            case "mechanism":
                return self.mechanisms
            case "study_type":
                return Vocabulary.builtin("study_types")
            case _:
                return None

    def _names(self, facet: str, value: str) -> list[str]:
        names = [value, self.label(facet, value)]
        if facet == "study":
            study = self.studies().studies.get(value)
            names += [f"doi:{study.doi}", study.doi, *study.aliases] if study else [value.removeprefix("doi:")]
        return [fold(text) for text in names if text]
