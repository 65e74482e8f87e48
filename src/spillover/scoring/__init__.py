"""Scores of forecasts: observation first, forecast second.

Place: beside `engine`. Must never import a case, a model or a page.
"""
