"""A language to copy: rename this file to its ISO 639-1 code, fill in what applies, and delete the rest.

1. Write the few facts below. `Language` says what each one means.
2. Put word lists in ``data/``, one word a line, with a comment on where they come from.
3. Add a line to ``LANGUAGES`` in ``registry.py``, or, in a package of your own, an entry point.
4. Add golden tokens in ``tests/analyzers/golden/CODE.json``; the tests find them by name.
"""

from searchkit.analyzers.language import Language

TEMPLATE = Language(
    code="xx",
    name="Template",
    scripts=("Latin",),
    stemmer=None,
)
