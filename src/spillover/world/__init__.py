"""The whole world's stream: a sparse intensity over (source, action, target).

See docs/world.md; names are imported from the modules of this package.
"""
