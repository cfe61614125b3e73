"""The mask over next tokens, with a small tokenizer of our own; the real model is in the bench."""

import json
from typing import Any

import jsonschema_rs
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from kernels.tightening import SPAN_OF
from training.decoding.guidance import UnsupportedSchema
from training.decoding.schema_mask import SchemaMask, TokenTable
from training.decoding.short_numbers import with_short_numbers

SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["bug", "wish"]}, "count": {"type": "integer", "maximum": 99}},
    "required": ["label", "count"],
    "additionalProperties": False,
}
END = "<end>"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, and the end."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {END: 0} | {letter: number for number, letter in enumerate(alphabet, start=1)}
    bytes_only = Tokenizer(models.BPE(vocabulary, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    make: Any = PreTrainedTokenizerFast
    found: PreTrainedTokenizerFast = make(tokenizer_object=bytes_only, eos_token=END)
    return found


@pytest.fixture(scope="module")
def table(tokenizer: PreTrainedTokenizerFast) -> TokenTable:
    return TokenTable(tokenizer, len(tokenizer) + 7)  # models often have more logits than tokens


def written(
    tokenizer: PreTrainedTokenizerFast, table: TokenTable, schema: Any, seed: int, rows: int = 1
) -> list[str]:
    """What a model writes that likes all tokens alike, until its end."""
    dice = torch.Generator().manual_seed(seed)
    mask = SchemaMask(table, schema)
    ids = torch.full((rows, 3), 1)  # the prompt
    for _ in range(200):
        scores = torch.rand((rows, table.vocabulary), generator=dice)
        ids = torch.cat([ids, mask(ids, scores).argmax(1, keepdim=True)], dim=1)
        if (ids[:, 3:] == 0).any(1).all():
            break
    return [str(tokenizer.decode(row[3:], skip_special_tokens=True)) for row in ids]


@pytest.mark.parametrize("seed", range(10))
def test_any_model_writes_what_the_schema_allows(
    tokenizer: PreTrainedTokenizerFast, table: TokenTable, seed: int
) -> None:
    (text,) = written(tokenizer, table, SCHEMA, seed)
    jsonschema_rs.validate(SCHEMA, json.loads(text))


def test_rows_of_a_batch_end_when_they_are_whole(
    tokenizer: PreTrainedTokenizerFast, table: TokenTable
) -> None:
    texts = written(tokenizer, table, SCHEMA, 3, rows=4)
    assert len(set(texts)) > 1
    for text in texts:
        jsonschema_rs.validate(SCHEMA, json.loads(text))


def test_only_what_can_still_be_right_is_left(table: TokenTable) -> None:
    scores = torch.zeros((1, table.vocabulary))
    left = torch.isfinite(SchemaMask(table, SCHEMA)(torch.ones((1, 3), dtype=torch.long), scores))
    assert left.sum() == 1  # an opening brace


def test_a_schema_that_cannot_be_enforced_is_refused(table: TokenTable) -> None:
    with pytest.raises(UnsupportedSchema):
        SchemaMask(table, {"type": "string", "pattern": "("})


def digits(tokenizer: PreTrainedTokenizerFast, table: TokenTable, schema: Any) -> str:
    """What a model writes that likes a point best, then digits, then anything."""
    liked = {tokenizer.convert_tokens_to_ids(letter): n for n, letter in enumerate("7e.", start=1)}
    mask, ids = SchemaMask(table, schema), torch.full((1, 3), 1)
    for _ in range(80):
        scores = torch.zeros((1, table.vocabulary))
        for token, liking in liked.items():
            scores[0, token] = liking
        ids = torch.cat([ids, mask(ids, scores).argmax(1, keepdim=True)], dim=1)
        if ids[0, -1] == 0:
            break
    return str(tokenizer.decode(ids[0, 3:], skip_special_tokens=True))


@pytest.mark.parametrize(
    ("schema", "number"),
    [
        ({"type": "number"}, "7.777777777"),
        ({"type": "integer"}, "777777777777777"),
        ({"type": "number", "minimum": 0, "maximum": 9, "multipleOf": 0.01}, "7.77"),
        ({"type": ["number", "null"], "exclusiveMinimum": 0}, "7.777777777"),
    ],
)
def test_the_digits_of_a_number_end(
    tokenizer: PreTrainedTokenizerFast, table: TokenTable, schema: Any, number: str
) -> None:
    assert digits(tokenizer, table, schema) == number


def test_numbers_are_shortened_wherever_they_stand_but_not_in_values() -> None:
    schema = {
        "properties": {"type": {"type": "integer", "maximum": 5}},
        "enum": [{"type": "number"}],
        "items": {"type": "number", "minimum": 10**16},
    }
    assert with_short_numbers(schema) == schema | {
        "properties": {"type": {"type": "integer", "minimum": -(10**15), "maximum": 5}}
    }


TEXT = 'Ann said "yes" to Bo\\Berg in New York, at 10:30.\nThen she left.'


@pytest.mark.parametrize("seed", range(6))
def test_a_string_noted_as_a_span_stands_in_the_text(
    tokenizer: PreTrainedTokenizerFast, table: TokenTable, seed: int
) -> None:
    schema = {
        "type": "object",
        "properties": {
            "left": {"type": "string"},
            "city": {"type": "string", SPAN_OF: TEXT},
            "names": {
                "type": "array",
                "items": {"type": "string", SPAN_OF: TEXT},
                "minItems": 2,
                "maxItems": 3,
            },
            "sure": {"type": "boolean"},
        },
        "required": ["city", "names", "sure"],
        "additionalProperties": False,
    }
    (text,) = written(tokenizer, table, schema, seed)
    output = json.loads(text)
    jsonschema_rs.validate(schema, output)
    assert output["city"] in TEXT
    assert all(name in TEXT for name in output["names"])


def test_a_list_of_spans_may_be_empty(
    tokenizer: PreTrainedTokenizerFast, table: TokenTable
) -> None:
    names = {"type": "array", "items": {"type": "string", SPAN_OF: "a b"}, "maxItems": 1}
    schema = {"type": "object", "properties": {"names": names}, "required": ["names"]}
    texts = {written(tokenizer, table, schema, seed)[0] for seed in range(12)}
    assert '{"names": []}' in texts
    assert len(texts) > 1
    assert all(len(json.loads(text)["names"]) <= 1 for text in texts)
