"""Tests of ensembles and of the numbers made from them."""
