"""French: elided articles cut off (l'hippocampe), Snowball stemming."""

from searchkit.analyzers.language import Language, word_list

FRENCH = Language(
    code="fr",
    name="French",
    scripts=("Latin",),
    stemmer="french",
    # Keyboards have neither: cœur and coeur.
    letters={ord("œ"): "oe", ord("æ"): "ae"},
    elisions=word_list("fr_elisions.txt"),
    stop_words=word_list("fr_stop.txt"),
)
