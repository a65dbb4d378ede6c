"""One file per encoding: an architecture as a row of numbers."""
