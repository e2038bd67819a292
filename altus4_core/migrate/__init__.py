"""SQL migrations: files, statements, plan and run."""
