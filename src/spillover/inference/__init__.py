"""Learning: likelihoods with their gradients, posteriors, samplers, forecasts.

Place: above `assemble`, beside `ensemble`. Must never import `ensemble`, a page or a
command.
"""
