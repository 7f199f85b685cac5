"""The shop as daily files, and what happens to them on the way."""
