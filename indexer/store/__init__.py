"""The index on disk: LanceDB rows, the manifest that commits them, the vector cache."""
