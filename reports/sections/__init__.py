"""One part of the report a file: ``make_sections`` turns results into sentences, tables and drawings."""
