"""Spillover: turn reporting on a crisis into a model of spill-over conflict."""

__version__ = "0.1.0"
