"""Fetches models from a hub when the user asks for one, and keeps what was fetched.

Nothing here loads a model, and nothing here is run unless somebody asks for a pull: the only part of
codeassistd that uses the network.
"""
