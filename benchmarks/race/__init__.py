"""A race of API clients: one server for all of them, and each client in a process of its own."""
