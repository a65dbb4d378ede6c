"""nasbench-forge: result files in, tables and figures out; trains and searches nothing."""
