"""Folding of characters that readers and writers treat as the same.

Applied to one surface form at a time, never to a whole text, so that offsets stay those of the original.
"""

import unicodedata

# Signs that shape or break a word without being part of its spelling: soft hyphen, zero-width space,
# non-joiner and joiner, word joiner, byte order mark, and variation selectors.
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
)

# Decimal digits of the Indic scripts (Devanagari ०-९ … Malayalam) and of Arabic to ASCII.
_DIGITS = {
    zero + value: str(value)
    for zero in (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66)
    for value in range(10)
}

_TABLE: dict[int, str | None] = {**_INVISIBLE, **_DIGITS}


def fold(text: str) -> str:
    """Return ``text`` in NFC, case-folded, width-folded, with ASCII digits and without invisible signs.

    Width folding is Unicode's NFKC, so ``ＮＭＤＡ``, ``ﬁ`` and ``㎎`` become ``nmda``, ``fi`` and ``mg``.
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold().translate(_TABLE)
    return unicodedata.normalize("NFC", text)


def plain_digits(text: str) -> str:
    """Return ``text`` with ASCII digits for those of the Indic scripts and of Arabic; lengths do not change."""
    return text.translate(_DIGITS)
