"""Prompts: what is asked, as the model at hand wants to be asked. Pure; nothing here loads or runs a model."""
