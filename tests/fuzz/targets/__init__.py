"""What is fuzzed, one reader a file; `all.py` lists them."""
