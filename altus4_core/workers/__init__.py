"""`altus4 serve --workers N`: a supervisor, its workers, and what they tell each other."""
