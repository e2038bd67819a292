"""`altus4 build`: a list of plugins made into wheels that are locked, checked and described; loaded by it alone."""
