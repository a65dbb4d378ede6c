"""nasbench-forge: choose the next architecture, and compare ways of choosing."""
