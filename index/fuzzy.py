"""Words with typing errors."""


def within_distance(one: str, other: str, distance: int, *, exchanges: bool = False) -> bool:
    """Tell whether ``distance`` insertions, deletions and substitutions of characters make one word of the other.

    Compares only where the words differ, so time grows with the distance (at most 2 in queries) and not with the
    square of the length.

    Args:
        one: a word.
        other: another.
        distance: errors to allow.
        exchanges: whether two neighbours that are exchanged are one error and not two.
    """
    if abs(len(one) - len(other)) > distance:
        return False
    shorter = min(len(one), len(other))
    wrong = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    if wrong == max(len(one), len(other)):
        return True
    if not distance:
        return False
    left, right = one[wrong:], other[wrong:]
    pairs = [(left[1:], right[1:]), (left[1:], right), (left, right[1:])]
    if exchanges and len(left) > 1 and left[:2] == right[1::-1]:
        pairs.append((left[2:], right[2:]))
    return any(within_distance(*pair, distance - 1, exchanges=exchanges) for pair in pairs)


def edit_distance(one: str, other: str, most: int) -> int | None:
    """Return the number of typing errors between two words, or None if there are more than ``most``.

    A typing error is a character too many, too few, or wrong, or two neighbours exchanged (the optimal string
    alignment distance).
    """
    fits = (distance for distance in range(most + 1) if within_distance(one, other, distance, exchanges=True))
    return next(fits, None)
