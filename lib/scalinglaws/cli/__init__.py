"""The `scalinglaws` command."""
