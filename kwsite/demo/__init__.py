"""`manage.py demo`: three families of prompts go through the loop."""
