"""Words with typing errors."""


def within_distance(one: str, other: str, distance: int) -> bool:
    """Tell whether ``distance`` insertions, deletions and substitutions of characters make one word of the other.

    Compares only where the words differ, so time grows with the distance (at most 2 in queries) and not with the
    square of the length.
    """
    if abs(len(one) - len(other)) > distance:
        return False
    shorter = min(len(one), len(other))
    wrong = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    if wrong == max(len(one), len(other)):
        return True
    rest, after = one[wrong + 1 :], other[wrong + 1 :]
    return distance > 0 and (
        within_distance(rest, after, distance - 1)
        or within_distance(rest, other[wrong:], distance - 1)
        or within_distance(one[wrong:], after, distance - 1)
    )


def edit_distance(one: str, other: str, most: int) -> int | None:
    """Return the number of typing errors between two words, or None if there are more than ``most``.

    A typing error is a character too many, too few, or wrong, or two neighbours exchanged (the optimal string
    alignment distance).
    """
    return next((distance for distance in range(most + 1) if _within(one, other, distance)), None)


def _within(one: str, other: str, distance: int) -> bool:
    if abs(len(one) - len(other)) > distance:
        return False
    shorter = min(len(one), len(other))
    wrong = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    if wrong == max(len(one), len(other)):
        return True
    if not distance:
        return False
    left, right = one[wrong:], other[wrong:]
    exchanged = left[:2] == right[1::-1] and len(left) > 1
    return (
        _within(left[1:], right[1:], distance - 1)
        or _within(left[1:], right, distance - 1)
        or _within(left, right[1:], distance - 1)
        or (exchanged and _within(left[2:], right[2:], distance - 1))
    )
