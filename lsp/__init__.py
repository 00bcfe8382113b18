"""The only package that knows LSP and JSON-RPC types. May import the indexer and model roles."""
