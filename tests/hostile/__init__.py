"""Files that mean harm, made when a test asks for them; nothing of the kind is kept in the tree."""
