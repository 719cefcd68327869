"""Texts that nobody would write, made from a seed: what the fuzzers of queries and analyzers feed on."""

import random
from collections.abc import Sequence
from typing import Final

# Code points that break what is written for ordinary text: halves of surrogate pairs, NUL, controls of direction,
# joiners, marks that stack, signs that fold to many, emoji of several code points, the last code point.
_STRANGE: Final = (
    *("\ud800", "\udfff", "\0", "\x1b[2J", "\u202e", "\u2066", "\u200d", "\u200b", "\u00ad", "\ufeff", "\ufe0f"),
    *(
        "\u0301",
        "\u0323",
        "\u093f",
        "\u094d",
        "\u0902",
        "\u0e47",
        "\uff9e",
        "\u20e3",
        "\ufdfa",
        "\u3300",
        "\u1e9e",
    ),
    *(
        "😀",
        "👩‍🔬",
        "🇸🇪",
        "☯︎",
        "\U000e0041",
        "\U0010ffff",
        "\ue000",
        "\u2028",
        "\u0085",
        "\u00a0",
        "\u3000",
        "İ",
        "ß",
    ),
)
_ALPHABETS: Final = (
    "abcdefghijklmnopqrstuvwxyzåäöéèçœ",
    "ABCXYZÅÄÖÉ",
    "0123456789०१२٣٤",
    "睡眠记忆突触的一是在不了有和人这中大为上个国我以要他时来用们",
    "睡眠記憶學體",
    "नींदमस्तिष्ककीस्मृतिहैऔरका",
    "ひらがなカタカナーｶﾞ",
    "가각간힣",
    "กขคงไทย็่",
    "жизньМОСКВА",
    "αβγδ",
    "שלוםعربي",
)
_SPACES: Final = ("", " ", " ", " ", "  ", "\t", "\n", "\u3000", "-", "/", "'", "’", ".", "、")
_SIGNS: Final = (
    *(
        "AND",
        "OR",
        "NOT",
        "&&",
        "||",
        "and",
        "+",
        "-",
        "−",
        "!",
        "(",
        ")",
        "（",
        "）",
        '"',
        "“",
        "”",
        "„",
        "«",
        "»",
    ),
    *(
        "「",
        "」",
        "『",
        "』",
        "＂",
        "*",
        "＊",
        "~",
        "～",
        "~1",
        "~2",
        "~9",
        "title:",
        "text:",
        "author:",
        "language:",
    ),
    *("study:", "study_type:", "mechanism:", "title：", ":", "\\", "^2", "[a TO b]", "{", "}", "?", "*:*", "%00"),
)


class Hostile:
    """Makes texts.

    Args:
        seed: the same seed makes the same texts.
        words: words that articles hold, so that some of what is made is found.
    """

    def __init__(self, seed: int, words: Sequence[str]) -> None:
        self.random = random.Random(seed)  # noqa: S311 - to be made again
        self._words = words

    def word(self) -> str:
        """Return a word, as written, mistyped, or of any letters."""
        chance = self.random.random()
        if chance < 0.6:
            word = self.random.choice(self._words)
            if chance < 0.15:
                place = self.random.randrange(len(word) + 1)
                word = word[:place] + self.random.choice(("", "x", word[:1])) + word[place + 1 :]
            return word
        if chance < 0.9:
            letters = self.random.choice(_ALPHABETS)
            return "".join(self.random.choices(letters, k=self.random.choice((1, 2, 3, 5, 8, 13))))
        return "".join(self.random.choices(_STRANGE, k=self.random.choice((1, 1, 2, 4))))

    def text(self) -> str:
        """Return some words with any spaces between, mostly few; or one repeated very often."""
        chance = self.random.random()
        if chance < 0.002:
            return self.random.choice((self.word(), self.random.choice(_SIGNS))) * self.random.choice(
                (300, 20_000)
            )
        count = 400 if chance < 0.004 else 40 if chance < 0.02 else self.random.choice((1, 1, 2, 2, 3, 5))
        return "".join(self.word() + self.random.choice(_SPACES) for _ in range(count))

    def query(self) -> str:
        """Return a text with the signs of the query language in it, anywhere."""
        parts = [self.text()]
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 4))):
            sign = self.random.choice(_SIGNS)
            space = self.random.choice(("", " "))
            parts.append(self.random.choice((sign + space + self.word(), self.word() + sign, self.phrase())))
        self.random.shuffle(parts)
        return self.random.choice(("", " ")).join(parts)

    def phrase(self) -> str:
        """Return words in quotes."""
        return '"' + " ".join(self.word() for _ in range(self.random.choice((1, 2, 3)))) + '"'
