"""Who trains rows: each executor takes jobs and yields rows as they are finished, in any order."""
