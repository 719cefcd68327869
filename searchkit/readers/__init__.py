"""Reading article files. One file for each format; `read` finds the right one."""

from searchkit.readers.draft import Draft
from searchkit.readers.source import Problem, Report, read

__all__ = ["Draft", "Problem", "Report", "read"]
