"""Which files of a workspace are indexed, exactly as git sees them."""
