"""The verbs for learning from events: fit and discover. Imports nothing heavy at the top."""
