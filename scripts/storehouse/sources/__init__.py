"""One module a kind of source; files are the first."""
