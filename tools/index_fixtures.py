"""Make the small indexes of today's format, tests/fixtures/index-format-N-ENGINE, that later versions must open.

    python tools/index_fixtures.py [tests/fixtures]

Run it once for each new format (`searchkit.settings.FORMAT`), before the release; never for an old one.
"""

import shutil
import sys
from pathlib import Path

from searchkit import ArticleIndex, Draft, Vocabulary
from searchkit.index import ENGINES
from searchkit.settings import FORMAT

TEXTS = {
    "en": ("Sleep and memory", "Sleep strengthens what was learned. NMDA receptors take part in it."),
    "sv": ("Sömn och minne", "Sömnen stärker det som har lärts in. NMDA-receptorer deltar i det."),
    "fr": ("Sommeil et mémoire", "Le sommeil renforce ce qui a été appris. Les récepteurs NMDA y participent."),
    "zh": ("睡眠与记忆", "睡眠会巩固所学的内容。NMDA受体参与其中。"),
    "hi": ("नींद और स्मृति", "नींद सीखी हुई बातों को मज़बूत करती है।"),
}
VOCABULARY = Vocabulary(
    {"nmda-receptor": {"en": ("NMDA receptor",), "sv": ("NMDA-receptor",), "zh": ("NMDA受体",)}}
)


def main() -> None:
    """Make them."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "tests/fixtures")
    for engine in ENGINES:
        folder = target / f"index-format-{FORMAT}-{engine}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with ArticleIndex.create(folder, engine=engine, vocabulary=VOCABULARY) as index:
            index.update(
                Draft(id=f"{code}-1", title=title, text=text, source=f"/articles/{code}.md", language=code)
                for code, (title, text) in TEXTS.items()
            )
            # Deleted and replaced articles are part of the format.
            index.update(
                [
                    Draft(
                        id="en-1", title="Sleep and memory", text=f"{TEXTS['en'][1]} It is short.", source="/a.md"
                    ),
                    Draft(id="en-2", title="Rest", text="Rest is no sleep.", source="/b.md", language="en"),
                ]
            )
            index.update([], prune=["/b.md"])
        for lock in folder.rglob("*.lock"):
            lock.unlink()


if __name__ == "__main__":
    main()
