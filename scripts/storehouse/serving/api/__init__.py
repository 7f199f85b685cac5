"""The published numbers over HTTP: FastAPI around `serving.answers`."""
