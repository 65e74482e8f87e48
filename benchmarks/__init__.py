"""Speed of the engines, beside packages that simulate the same processes."""
