"""Programming languages: how to recognise them and which syntax nodes are definitions."""
