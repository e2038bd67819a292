"""What a request asks for beside its query: conditions, columns, order, facets and marks, fitted to a table."""
