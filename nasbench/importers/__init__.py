"""Published formats turned into tables, one file each; a file's name is the format's name in ``nasbench import``."""
