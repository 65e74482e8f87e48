"""Word lists of the reader, as text files: what they mean stands at their head."""
