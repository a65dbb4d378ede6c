"""nasbench-forge: guess the score of an architecture that nobody trained."""
