"""The `cyan` command: runs the server, simulates devices, and uses the REST API."""
