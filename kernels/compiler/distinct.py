"""When two prompts ask the same thing: seen twice, they show nothing that one does not show."""


def same_question(prompt: str) -> str:
    """What prompts have in common that differ in nothing but spaces."""
    return " ".join(prompt.split())
