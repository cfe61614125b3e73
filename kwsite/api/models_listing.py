"""The models that can be asked for."""

from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from kwsite.api.auth import key_of, sign_in
from kwsite.api.documents import error_documents
from kwsite.api.errors import ModelNotFound
from kwsite.api.offload import in_thread
from kwsite.api.replies import json_reply

DEFAULT_MODEL = "kernelweave"

router = Router(tags=["OpenAI"])


class Model(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "kernelweave"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]


def known_models() -> tuple[str, ...]:
    """The service's own name, which means its default model, and the model server's model."""
    return DEFAULT_MODEL, settings.KW_LLM_MODEL


def require_known_model(name: str) -> None:
    """Raises `ModelNotFound`."""
    if name not in known_models():
        raise ModelNotFound(
            f"The model '{name}' does not exist. Known models: {', '.join(known_models())}.",
            param="model",
        )


@router.get("/models", response={200: ModelList, **error_documents(401)}, summary="List models")
async def list_models(request: HttpRequest) -> HttpResponse:
    await in_thread(sign_in, key_of(request))
    return json_reply(ModelList(data=[Model(id=name) for name in known_models()]))


@router.get(
    "/models/{path:model_id}",
    response={200: Model, **error_documents(401, 404)},
    summary="Look a model up",
)
async def retrieve_model(request: HttpRequest, model_id: str) -> HttpResponse:
    await in_thread(sign_in, key_of(request))
    require_known_model(model_id)
    return json_reply(Model(id=model_id))
