"""`manage.py bench compile`: what is compiled from real successes, and what it is worth."""
