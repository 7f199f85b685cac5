"""Nobody who reads the published data meets an error, or two builds mixed, while builds change."""
