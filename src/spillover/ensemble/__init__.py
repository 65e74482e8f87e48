"""See docs/model.md; names are imported from the modules of this package."""
