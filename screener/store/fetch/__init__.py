"""What providers have and the store lacks: planned, asked, compared, written."""
