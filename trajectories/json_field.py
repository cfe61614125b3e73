"""JSON in the order in which it was written."""

from typing import Any

from django.db import models
from psycopg.types.json import Json, Jsonb


class OrderedJSONField(models.JSONField):
    """JSON whose objects keep the order of their keys.

    PostgreSQL's jsonb, which Django uses, sorts them. A model decodes the properties of a schema in
    their order, so that reasoning can come before the answer, and follows it in worked examples.
    It cannot be compared in the database, nor be part of DISTINCT.
    """

    def db_type(self, connection: Any) -> str:
        return "json"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        adapted = super().get_db_prep_value(value, connection, prepared)
        return Json(adapted.obj, adapted.dumps) if isinstance(adapted, Jsonb) else adapted

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """As psycopg has parsed it; of jsonb, Django has it left as text."""
        return value
