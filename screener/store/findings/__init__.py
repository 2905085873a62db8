"""Odd rows that are kept: how they are found, what they mean, how they are told."""
