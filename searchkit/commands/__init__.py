"""The commands, one a file; each has its click command under the name ``command``."""
