"""A JSON Schema as a grammar of llguidance, for a model in this process and for a server's.

llguidance derives which tokens may come next, under all of a schema but what its `lenient` option
leaves to the verifier, such as uniqueItems.
"""

from typing import Any

from llguidance import LLMatcher

from training.decoding.short_numbers import with_short_numbers
from training.decoding.span_grammar import lark
from trajectories.errors import KernelWeaveError

OPTIONS: Any = {
    # Small models like to write spaces for ever where any are allowed.
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "lenient": True,
}


class UnsupportedSchema(KernelWeaveError):
    """The schema cannot be enforced while decoding."""


def grammar_of(schema: dict[str, Any]) -> str:
    """The grammar in llguidance's Lark. Raises UnsupportedSchema.

    It is compiled here first: a server that cannot compile one lets the model write anything.
    """
    grammar = lark(with_short_numbers(schema), OPTIONS)
    if wrong := LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(grammar)):
        raise UnsupportedSchema(wrong)
    return grammar
