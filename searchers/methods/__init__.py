"""nasbench-forge: black-box searchers, one a file; the file's name is the searcher's."""
