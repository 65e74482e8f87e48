"""Reports: text in, claims, ties, lines, channels and warnings out, each with its span.

A layer of documents, beside `case` and `readers`: it knows words and dates, never a
model, a draw or a page.
"""
