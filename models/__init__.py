"""Model roles, catalog, weights, hardware, choice of backend. May import nothing else of codeassistd."""
