"""Advice on FULLTEXT indexes: what is missing, superfluous or unsuitable, with the DDL. Nothing is ever executed."""
