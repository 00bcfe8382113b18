"""Processes and people: command line, settings, composition root. May import everything below."""
