"""The verbs for getting, importing and looking at event data. Imports nothing heavy at the top."""
