"""nasbench-forge: where scores come from, one evaluator a file; the file's name is the evaluator's kind."""
