"""The demo: a private server, two real databases, a user, a key, and a gateway that serves them."""
