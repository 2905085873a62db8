"""Facts become one immutable Market, and a Panel cut at a decision time."""
