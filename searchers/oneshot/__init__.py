"""One-shot searchers: one file each, found by name, all on a supernet whose weights architectures share."""
