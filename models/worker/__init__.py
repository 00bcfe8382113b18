"""A model in a process of its own: killable, restarted, unloaded when idle."""
