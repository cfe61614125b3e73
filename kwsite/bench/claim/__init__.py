"""Does routing with verification beat retrieval? Families, arms, figures and tables (row KW16)."""
