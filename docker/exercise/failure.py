"""What the exercise refuses."""


class ExerciseFailure(Exception):
    """A step of an image, a service or its health check does not do what it should."""
