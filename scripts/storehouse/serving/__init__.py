"""Publishing a build, and reading the published files."""
