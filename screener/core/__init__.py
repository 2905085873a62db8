"""The vocabulary: errors, table schemas, symbols, sessions, dated rules. Depends on nothing else here."""
