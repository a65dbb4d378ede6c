"""Builds a table: which rows are wanted, who trains them, and how they reach the file."""
