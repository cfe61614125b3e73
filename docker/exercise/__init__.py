"""Exercises the images and the compose file where no container engine is at hand."""
