"""Counting values of columns in what a search finds: in its first rows, or in all of them if that can be paid."""
