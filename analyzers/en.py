"""English: Snowball stemming. Also reads Latin text inside articles in other scripts."""

from searchkit.analyzers.language import Language, word_list

ENGLISH = Language(
    code="en",
    name="English",
    scripts=("Latin",),
    stemmer="english",
    enclitics=frozenset({"s"}),
    stop_words=word_list("en_stop.txt"),
)
