"""Answering a query from one pinned revision of the index."""
