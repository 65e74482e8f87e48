"""Tests of reading reports."""
