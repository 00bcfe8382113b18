"""One workspace's index: walk, chunk, store, update, search. May import model roles only."""
