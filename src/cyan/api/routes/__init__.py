"""The endpoints, a module for each chapter of the REST contract."""
