"""Files: atomic writes and run folders. Imports only errors, clock and keys."""
