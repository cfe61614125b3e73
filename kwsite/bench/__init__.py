"""`manage.py bench`: what is measured, and how."""
