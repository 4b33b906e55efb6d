"""From the files that are given to articles as values: found, read strictly, told what they say of themselves."""
