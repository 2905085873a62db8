"""What was known becomes backlog, scores, ranks and reasons."""
