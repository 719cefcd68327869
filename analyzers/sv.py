"""Swedish: Snowball stemming, so that plasticitet, plasticiteten and plasticitetens meet, and parts of compounds.

Snowball's rules leave many common nouns in two or three stems. Endings are evened out before it and stems after
it; what remains of the forms of a dictionary's nouns is listed (sv_stems.txt), and what no rule gives
(sv_irregular.txt). After a change here the lists have to be made anew: tools/swedish.
"""

from searchkit.analyzers.compounds import Compounds
from searchkit.analyzers.language import Language, read_list, word_list

# Nouns, and last parts of compounds, whose own s Snowball takes for a genitive: synaps, but synapsen.
_IN_S = (
    *("synaps", "puls", "kurs", "chans", "nyans", "respons", "provins", "analys", "diagnos", "prognos"),
    *("apoptos", "hypotes", "syntes", "homeostas", "demens", "kvens", "resistens", "existens", "kompetens"),
    *("intelligens", "prevalens", "incidens", "evidens", "substans", "instans", "distans", "balans"),
    *("tolerans", "leverans", "resonans", "ambulans"),
)

# Nouns in -or with the plural -orer, whose -or it takes for the plural of a noun in -a.
_IN_OR = (
    *("ktor", "ptor", "mittor", "motor", "sensor", "ocessor", "gressor", "dator", "vator", "bator"),
    *("ofessor", "ibitor", "onitor", "iator", "kator", "lator", "nator", "rator", "sator"),
)

# Consonants after which it leaves the -et and -ena of definite forms: minnet, minnena, nätverket, kapitlet.
_BEFORE_ET = (
    *("ck", "ff", "gg", "kt", "ld", "lk", "ll", "ln", "lt", "mm", "mn", "nd", "ng", "nk", "nn", "nt"),
    *("bl", "dl", "gl", "kl", "pl", "tl", "pp", "rd", "rg", "rk", "rl", "rn", "rs", "rt", "rv", "ss"),
    *("st", "tt", "områd"),
)

# Definite and plural endings before which it leaves an -en, -an or -at that it cuts off at the end of a word.
_AFTER_NOUN = ("en", "ens", "er", "ers", "erna", "ernas", "et", "ets")

# Neuter nouns in -er lose their e before -et and -en: registret, fönstren, numret.
_WITHOUT_E = (("tr", "ter"), ("dr", "der"), ("vr", "ver"), ("mr", "mmer"))

_MONTH = ("", "s", "en", "ens", "er", "ers", "erna", "ernas")

SWEDISH = Language(
    code="sv",
    name="Swedish",
    scripts=("Latin",),
    stemmer="swedish",
    endings=(
        # Words that end as if they were inflected; månad is not to meet måne.
        *((word, word, 0) for word in ("internet", "budget")),
        ("planet", "planeten", 0),
        *(("månad" + form, "månaden", 0) for form in _MONTH),
        *(("ad" + form, "ad", 2) for form in ("s", *_AFTER_NOUN)),
        *((word, word + "en", 0) for word in _IN_S),
        *((word + form, word + "er", 0) for word in _IN_OR for form in ("", "s", "n", "ns")),
        # Nouns in -ande: förhållandet, but armbandet.
        *((word + form, word, 0) for word in ("band", "utland", "inland") for form in ("et", "ets", "en", "ens")),
        *(("ande" + form, "ande", 3) for form in ("t", "ts", "n", "ns", "na", "nas")),
        *(("het" + form, "het", 2) for form in ("s", "ers", "ernas")),
        *(("en" + form, "en", 2) for form in _AFTER_NOUN),
        *(("an" + form, "a", 4) for form in _AFTER_NOUN),
        *(("at" + form, "at", 3) for form in ("s", *_AFTER_NOUN)),
        *(("i" + form, "i", 3) for form in ("um", "ums", "umet", "umets", "et", "ets", "s")),
        *((old + form, new, 3) for old, new in _WITHOUT_E for form in ("et", "ets", "en", "ens")),
        *((stem + form, stem, 0) for stem in _BEFORE_ET for form in ("et", "ets", "ena", "enas")),
        # Other definite forms: hjärnan, hjärnans, muskeln, muskelns, nivån, hjärtats, idén.
        *(("ans", "a", 4), ("an", "a", 4), ("orns", "or", 4), ("orn", "or", 4)),
        *(("elns", "el", 2), ("eln", "el", 2)),
        *((word + form, word, 0) for word in ("nivå", "byrå", "miljö") for form in ("ns", "n", "s")),
        *(("hjärtats", "hjärta", 0), ("hjärtana", "hjärta", 0)),
        # The genitive of a plural: hjärnors, synapsers, behandlingars.
        *(("ors", "or", 3), ("ernas", "erna", 3), ("ers", "er", 4), ("ars", "ar", 3)),
        *(("én", "é", 2), ("éns", "é", 2), ("és", "é", 2), ("ares", "are", 3)),
    ),
    # What alternates is dropped everywhere: the second m of programmet, the e of muskel (muskler), the n of
    # energin, which looks like that of protein.
    stem_rewrites=(
        ("^(?!damm$|lamm$)(.*m)m$", r"\1"),
        # The first vowel, not any: a word of a million letters must take no more than linear time.
        ("^([^aeiouyåäö]*[aeiouyåäö].*[bdfgkmpstvx])el$", r"\1l"),
        ("^([^aeiouyåäö]*[aeiouyåäö].*[bcdfghjklmnprstvx])in$", r"\1i"),
    ),
    irregular={
        form + ending: word
        for form, word in (line.split(" ") for line in read_list("sv_irregular.txt"))
        for ending in ("", "s", "na", "nas")
    },
    stems=dict(line.split(" ") for line in read_list("sv_stems.txt")),
    compounds=Compounds("sv_compounds.txt", link="s", makers=("ings", "tions", "sions", "hets", "tets", "skaps")),
    stop_words=word_list("sv_stop.txt"),
    version=2,
)
