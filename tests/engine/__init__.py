"""Tests of the compiled engine's keyed randomness."""
