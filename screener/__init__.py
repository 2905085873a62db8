"""Point-in-time backlog screener and event-driven back-tester for A-share compute-leasing (算力租赁) firms."""

__version__ = "0.1.0"
