"""Valid documents of every kind, made from a seed; what mutations start from."""
