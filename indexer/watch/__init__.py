"""Notices what changes in a workspace."""
