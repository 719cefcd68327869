"""Which language an article is in."""

from functools import cache
from typing import Any, Final

import regex

UNKNOWN: Final = "und"

_HAN: Final = regex.compile(r"\p{Han}")
_KANA: Final = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_HANGUL: Final = regex.compile(r"\p{Hangul}")
_LETTER: Final = regex.compile(r"\p{L}")
_SAMPLE: Final = 20_000
# Of a longer sample py3langid, whose time grows with the text, reads pieces: it is as sure of them.
_PIECES: Final = 4
_PIECE: Final = 1_000

# Codes of the detector that searchkit reads as another: Chinese languages share one written form here.
_SAME: Final = {"yue": "zh", "wuu": "zh", "lzh": "zh", "nb": "no", "nn": "no", "zxx": UNKNOWN}


def detect(text: str) -> str:
    """Return the ISO 639-1 code of the language of ``text``, or ``und`` where there is no letter.

    Chinese, Japanese and Korean are told by their scripts: names and terms in Latin letters do not make a
    Chinese article English. All others are told by py3langid, from four pieces of the first 20,000 characters.
    """
    sample = text[:_SAMPLE]
    letters = len(_LETTER.findall(sample))
    if not letters:
        return UNKNOWN
    han, kana, hangul = (len(pattern.findall(sample)) for pattern in (_HAN, _KANA, _HANGUL))
    # A character of these scripts is worth two or three letters of an alphabet.
    if (han + kana + hangul) * 4 > letters:
        if hangul > han + kana:
            return "ko"
        return "ja" if kana * 10 > han else "zh"
    code = str(_identifier().classify(_excerpt(sample))[0])
    return _SAME.get(code, code)


def _excerpt(sample: str) -> str:
    """Return pieces of a text from its beginning to its end; all of it, where it is as short as they are."""
    if len(sample) <= _PIECES * _PIECE:
        return sample
    step = (len(sample) - _PIECE) // (_PIECES - 1)
    return " ".join(sample[step * number : step * number + _PIECE] for number in range(_PIECES))


@cache
def _identifier() -> Any:
    import py3langid

    return py3langid
