"""How often "did you mean" knows what was meant: words of an index, each with one typing error.

    python benchmarks/spelling.py INDEX [--words N] [--seed N]

Draws N words of five letters or more for each language that writes with spaces, makes one random error in each
(a letter too many, too few, wrong, or two exchanged; never in the first), and asks for a suggestion. A word whose
misspelling is a word of the index too is left out. Prints the share that is corrected to the word, in any
inflection, and the processor time of a search with its suggestion.
"""

import argparse
import random
import statistics
import time

import regex

import searchkit
from searchkit.analyzers import analyzer_for

_WORD = regex.compile(r"(?<![\p{L}\p{M}\p{N}])[\p{L}\p{M}]{5,}+(?!\p{N})")


def misspelled(word: str, dice: random.Random) -> str:
    """Return a word with one typing error."""
    place = dice.randrange(1, len(word) - 1)
    letter = dice.choice("abcdefghijklmnopqrstuvwxyz" if word.isascii() else word)
    match dice.randrange(4):
        case 0:
            return word[:place] + word[place + 1 :]
        case 1:
            return word[:place] + letter + word[place:]
        case 2:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        case _:
            return word[:place] + letter + word[place + 1 :]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index")
    parser.add_argument("--words", type=int, default=150)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    with searchkit.open(arguments.index) as index:
        ids = index.ids()
        dice.shuffle(ids)
        words: dict[str, set[str]] = {}
        for identifier in ids:
            article = index.get(identifier)
            chosen = words.setdefault(article.language, set())
            found = _WORD.findall(article.text)
            if found and len(chosen) < arguments.words and article.language != "zh":
                chosen.add(dice.choice(found).lower())
        for code, some in sorted(words.items()):
            times, right = [], 0
            for word in sorted(some):
                typed = misspelled(word, dice)
                begun = time.process_time()
                results = index.search(typed, limit=1, facets=False)
                took = time.process_time() - begun
                if typed != word and not (results.total and results.suggestion is None):
                    times.append(took)
                    meant = [token.text for token in analyzer_for(code).canonical(word)]
                    offered = analyzer_for(code).canonical(results.suggestion or "")
                    right += [token.text for token in offered] == meant
            if times:
                median = statistics.median(times) * 1000
                print(f"{code}  {right / len(times):.2f} of {len(times)} right, {median:.0f} ms at the median")


if __name__ == "__main__":
    main()
