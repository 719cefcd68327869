"""Swedish: Snowball stemming, so that plasticitet, plasticiteten and plasticitetens meet."""

from searchkit.analyzers.language import Language, word_list

SWEDISH = Language(
    code="sv",
    name="Swedish",
    scripts=("Latin",),
    stemmer="swedish",
    # Definite forms that Snowball leaves: hjärnan, hjärnans, receptorn, receptorns.
    endings=(("ans", "a", 4), ("an", "a", 4), ("orns", "or", 4), ("orn", "or", 4)),
    stop_words=word_list("sv_stop.txt"),
)
