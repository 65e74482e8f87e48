"""Whether a bundled case says what a reader would expect of it."""
