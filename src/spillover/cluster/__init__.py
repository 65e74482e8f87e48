"""Work cut into pieces and done elsewhere: threads here, or the workers of a cluster.

Nothing here knows what the work is about. Imports `store`, `errors`.
"""
