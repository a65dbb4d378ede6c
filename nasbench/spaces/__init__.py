"""Search spaces, one file each, free of torch; the file's name is the space's name."""
