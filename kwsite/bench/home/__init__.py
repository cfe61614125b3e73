"""How fast the admin's first page comes."""
