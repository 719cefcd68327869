"""What a search reads, looks up and returns at most, so that no input takes more than bounded time and memory.

One place for all of them; what each does to a person's input is in docs/query.md. Words past a limit are left out
and a note in the results says so, because whatever a person pastes is a query; values that a program gives are an
`searchkit.errors.InputError`.
"""

from typing import Final

# A query is read so far, and no further than this many words. In scripts without spaces two characters are a word.
MAX_QUERY_CHARACTERS: Final = 20_000
MAX_QUERY_WORDS: Final = 256
# Brackets, operators, signs and names of fields in one query.
MAX_QUERY_SIGNS: Final = 4_096
# Words with * or ~, and *, in one query: each reads the terms that fit it.
MAX_PATTERNS: Final = 16
# Brackets in brackets; deeper ones are passed over.
MAX_DEPTH: Final = 40
# Terms of one field that a word with typing errors stands for: those that most documents hold, then by code point.
MAX_EXPANSIONS: Final = 1_024
# A token is cut after this many characters, when indexed and in a query: no word of any language is as long. What
# is longer is still found by itself and by its beginning. Lucene's analyzers break there too.
MAX_TOKEN: Final = 255
# Hits that a search passes over and returns, together.
MAX_HITS: Final = 10_000
# Values of one filter, and the characters that the spelling of a value may have.
MAX_FILTER_VALUES: Final = 1_000
MAX_VALUE_CHARACTERS: Final = 1_000
# Notes about one query.
MAX_NOTES: Final = 10
