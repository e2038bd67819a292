"""The boolean query language: from text to a tree to what an index understands."""
