"""Hindi: simple tokenization, whole words with their vowel signs, and a light stem beside each word.

Spellings that writers use for the same word are folded, after the rules of Larkey, Connell and Abduljaleel,
"Hindi CLIR in thirty days" (ACM TALIP 2003), as far as they leave a word readable: nukta is dropped, and
chandrabindu and a nasal before a stop of its own class become anusvara, so that हिन्दी and हिंदी meet.
"""

from searchkit.analyzers.language import Language, word_list

_NUKTA, _VIRAMA, _CHANDRABINDU, _ANUSVARA = "\u093c", "\u094d", "\u0901", "\u0902"

# The nasal of each class of stops, and the stops.
_NASALS = {"ङ": "कखगघ", "ञ": "चछजझ", "ण": "टठडढ", "न": "तथदध", "म": "पफबभ"}

HINDI = Language(
    code="hi",
    name="Hindi",
    scripts=("Devanagari",),
    stemmer="hindi",
    letters=str.maketrans(
        {
            _NUKTA: None,
            _CHANDRABINDU: _ANUSVARA,
            # Letters that fold() leaves whole, with the nukta inside them.
            "\u0929": "\u0928",
            "\u0931": "\u0930",
            "\u0934": "\u0933",
            # Vowels of English loan words: ऑक्साइड and ओक्साइड.
            "ऍ": "ए",
            "ऎ": "ए",
            "ऑ": "ओ",
            "ऒ": "ओ",
            "ॅ": "े",
            "ॆ": "े",
            "ॉ": "ो",
            "ॊ": "ो",
        }
    ),
    rewrites=(
        *((f"{nasal}{_VIRAMA}(?=[{stops}])", _ANUSVARA) for nasal, stops in _NASALS.items()),
        # Forms of common verbs that are written with a glide or without: गये and गए, लिये and लिए, नयी and नई.
        ("^(ग|कि|लि|दि|पि|आ|ला|पा|खा|हु|न|चाहि)ये$", r"\1ए"),
        ("^(ग|आ|ला|पा|खा|हु|न)यी$", r"\1ई"),
    ),
    stop_words=word_list("hi_stop.txt"),
    version=2,
)
