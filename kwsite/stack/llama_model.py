"""The name of the embedded model, as requests and settings spell it."""

MODEL = "smollm2-135m-instruct"
