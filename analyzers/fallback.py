"""Every other language: Snowball where it has an algorithm, plain words or bigrams elsewhere."""

from typing import Final

from searchkit.analyzers.language import Language

# ISO 639-1 code -> (English name, Snowball algorithm), https://snowballstem.org/algorithms/
SNOWBALL: Final = {
    "ar": ("Arabic", "arabic"),
    "ca": ("Catalan", "catalan"),
    "da": ("Danish", "danish"),
    "de": ("German", "german"),
    "el": ("Greek", "greek"),
    "es": ("Spanish", "spanish"),
    "et": ("Estonian", "estonian"),
    "eu": ("Basque", "basque"),
    "fi": ("Finnish", "finnish"),
    "ga": ("Irish", "irish"),
    "hu": ("Hungarian", "hungarian"),
    "hy": ("Armenian", "armenian"),
    "id": ("Indonesian", "indonesian"),
    "it": ("Italian", "italian"),
    "lt": ("Lithuanian", "lithuanian"),
    "ne": ("Nepali", "nepali"),
    "nl": ("Dutch", "dutch"),
    "no": ("Norwegian", "norwegian"),
    "nb": ("Norwegian Bokmål", "norwegian"),
    "nn": ("Norwegian Nynorsk", "norwegian"),
    "pl": ("Polish", "polish"),
    "pt": ("Portuguese", "portuguese"),
    "ro": ("Romanian", "romanian"),
    "ru": ("Russian", "russian"),
    "sr": ("Serbian", "serbian"),
    "ta": ("Tamil", "tamil"),
    "tr": ("Turkish", "turkish"),
    "yi": ("Yiddish", "yiddish"),
}

# Languages whose own script another language would otherwise read.
_SCRIPTS: Final = {
    "ne": ("Devanagari",),
    "mr": ("Devanagari",),
    "sa": ("Devanagari",),
    "gom": ("Devanagari",),
    "ja": ("Han", "Kana"),
}

# Languages written in other scripts, as far as `searchkit.language` detects them; Latin names inside them are read
# as English. All the rest read Latin text themselves.
_NOT_LATIN: Final = frozenset(
    (
        *("am", "ar", "ary", "arz", "as", "ba", "be", "bg", "bn", "dz", "el", "fa", "grc", "gu", "hbo"),
        *("he", "hy", "ka", "kk", "km", "kn", "ko", "ky", "lo", "mk", "ml", "mn", "my", "or", "pa", "ps"),
        *("ru", "sdh", "si", "sr", "ta", "te", "tg", "th", "tt", "ug", "uk", "und", "ur", "uzs", "yi"),
    )
)


def fallback(code: str) -> Language:
    """Return a language that has no file of its own; any code is accepted."""
    import Stemmer

    name, stemmer = SNOWBALL.get(code, (code, None))
    if stemmer not in Stemmer.algorithms():
        stemmer = None
    scripts = _SCRIPTS.get(code, () if code in _NOT_LATIN else ("Latin",))
    return Language(code=code, name=name, scripts=scripts, stemmer=stemmer)
