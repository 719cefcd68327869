"""The libraries that searchkit is compared with, in both benchmarks: how to install each."""

# File in systems/ -> how to install what it imports, in the order of the tables.
INSTALL = {
    "searchkit": "pip install .",
    "whoosh": "pip install whoosh-reloaded jieba",
    "sqlite": "a Python whose SQLite has FTS5 and trigrams (3.34 or later)",
    "tantivy": "pip install tantivy",
    "bm25s": "pip install bm25s PyStemmer",
    "xapian": "apt-get install python3-xapian, with the system's Python",
}
