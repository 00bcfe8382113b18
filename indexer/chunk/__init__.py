"""Source text to chunks that follow syntax and cover every line once."""
