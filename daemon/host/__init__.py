"""The daemon's inside: workspaces kept up to date and searched, models shared by all of them."""
