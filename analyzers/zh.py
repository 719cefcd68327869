"""Chinese: words from jieba, overlapping bigrams beside them, Traditional read as Simplified."""

from searchkit.analyzers.language import Language, read_list, word_list
from searchkit.analyzers.segmenter import JiebaSegmenter

CHINESE = Language(
    code="zh",
    name="Chinese",
    scripts=("Han",),
    letters={ord(pair[0]): pair[1] for pair in read_list("zh_simplified.txt")},
    segmenter=JiebaSegmenter,
    stop_words=word_list("zh_stop.txt"),
)
