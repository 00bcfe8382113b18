"""What a GGUF file says of the model in it, read from its header alone. Needs no engine."""
