"""One daemon per user: how it is found, started, spoken to and stopped."""
