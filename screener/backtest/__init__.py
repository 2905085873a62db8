"""Weights become orders, fills and refusals, and equity."""
