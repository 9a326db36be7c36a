"""What Cyan uses of the world outside: time, secrets and mail."""
