"""The search operations over HTTP: what is asked, what is answered, and the routes between."""
