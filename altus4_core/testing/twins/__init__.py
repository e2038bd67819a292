"""A null or memory twin of every seam: the least that does the job, without a server or a file."""
