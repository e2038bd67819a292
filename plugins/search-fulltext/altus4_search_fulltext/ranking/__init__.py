"""Ranking in the gateway: BM25 over candidates that the server draws, with statistics of a sample of the table."""
