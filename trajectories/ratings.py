"""What a rating of an answer says: from 1 to 5, like stars."""

BEST = 5
GOOD_FROM = 4  # approves
BAD_TO = 2  # denies; what lies between says neither
