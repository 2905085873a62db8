"""The execution kernel: a market's arrays and target weights in, rows of orders and actions out; compiled by numba."""
