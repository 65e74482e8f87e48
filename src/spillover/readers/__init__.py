"""Reading event data: files as others publish them, as rows of the store.

Place: beside `case`. Must never import a case, a model or a page.
"""
