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
