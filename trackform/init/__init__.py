"""Makes a project around accounts: the files that trackform needs in a user's repository, and their later versions."""
