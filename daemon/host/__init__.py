"""The long-lived side: workspaces kept fresh, one model shared by everybody."""
