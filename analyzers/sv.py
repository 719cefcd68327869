"""Swedish: Snowball stemming, so that plasticitet, plasticiteten and plasticitetens meet.

Snowball's rules leave many common nouns in two or three stems; a few endings are evened out before it.
"""

from searchkit.analyzers.language import Language, word_list

# Nouns, and last parts of compounds, whose own s Snowball takes for a genitive: synaps, but synapsen.
_IN_S = (
    *("synaps", "puls", "kurs", "chans", "nyans", "respons", "provins", "analys", "diagnos", "prognos"),
    *("apoptos", "hypotes", "syntes", "homeostas", "demens", "kvens", "resistens", "existens", "kompetens"),
    *("intelligens", "prevalens", "incidens", "evidens", "substans", "instans", "distans", "balans"),
    *("tolerans", "leverans", "resonans", "ambulans"),
)

# Nouns whose -at it takes for a verb's: resultat, but resultatet.
_IN_AT = ("treonat", "glutamat", "aspartat", "butyrat", "resultat", "preparat", "substrat")

# Nouns in -or with the plural -orer, whose -or it takes for the plural of a noun in -a.
_IN_OR = (
    *("ktor", "ptor", "mittor", "motor", "sensor", "ocessor", "ofessor", "ibitor", "onitor"),
    *("iator", "kator", "lator", "nator", "rator", "sator"),
)

# Consonants after which it leaves the -et and -ena of definite forms: minnet, minnena, nätverket.
_BEFORE_ET = (
    *("ck", "ff", "gg", "kt", "ld", "lk", "ll", "ln", "lt", "mn", "nd", "ng", "nk", "nn", "nt"),
    *("pp", "rd", "rg", "rk", "rl", "rn", "rs", "rt", "rv", "ss", "st", "tt", "områd"),
)

SWEDISH = Language(
    code="sv",
    name="Swedish",
    scripts=("Latin",),
    stemmer="swedish",
    endings=(
        *((word, word, 0) for word in ("internet", "budget")),
        *((word, word + "en", 0) for word in _IN_S),
        *((word, word + "et", 0) for word in _IN_AT),
        *((word + form, word + "er", 0) for word in _IN_OR for form in ("", "s", "n", "ns")),
        *((stem + form, stem, 0) for stem in _BEFORE_ET for form in ("et", "ets", "ena", "enas")),
        # Other definite forms: hjärnan, hjärnans, muskeln, muskelns, nivån, hjärtats.
        *(("ans", "a", 4), ("an", "a", 4), ("orns", "or", 4), ("orn", "or", 4)),
        *(("elns", "el", 2), ("eln", "el", 2), ("nivåns", "nivå", 0), ("nivån", "nivå", 0)),
        *(("hjärtats", "hjärta", 0), ("hjärtana", "hjärta", 0)),
        # The genitive of a plural: hjärnors, synapsers.
        *(("ors", "or", 3), ("ers", "er", 4)),
    ),
    stop_words=word_list("sv_stop.txt"),
)
