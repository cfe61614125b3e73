"""What a machine needs to join as a training node: each thing is tried, and said what to do."""

import uuid
from collections.abc import Iterator

import redis
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kwsite.commandline.failure import ServiceFailure
from training.lora.job import Device
from training.lora.models import artifact_storage
from training.lora.trainer import DeviceMissing
from training.nodes.probe import machine_with

WAIT_S = 5
HERE = ("", "127.0.0.1", "::1", "localhost")


class CannotJoin(ServiceFailure):
    """This machine cannot be a node yet."""


def check_node(device: Device) -> Iterator[str]:
    """A line for each thing that is there. Raises CannotJoin for the first that is not."""
    yield _device(device)
    yield _database()
    yield _broker()
    yield _storage()


def _device(device: Device) -> str:
    try:
        machine = machine_with(device)
    except DeviceMissing as error:
        raise CannotJoin(f"device: {error.detail}") from error
    has = ", ".join(f"{name} {value}" for name, value in machine.hardware.items())
    return f"device: {device}, {has}"


def _database() -> str:
    where = settings.DATABASES["default"]
    named = f"{where['NAME']} on {where['HOST'] or 'this machine'}"
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        raise CannotJoin(
            f"database: {named} cannot be used: {_one_line(error)}. "
            "Set DATABASE_URL to the service's own."
        ) from error
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CannotJoin(
            f"database: {named} has not this version's tables. Use the version of the service, or "
            "run `manage.py migrate` where the service runs."
        )
    return f"database: {named}"


def _broker() -> str:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=WAIT_S, socket_timeout=WAIT_S, retry=None
        ) as client:
            client.ping()
            told = client.connection_pool.connection_kwargs
    except (redis.RedisError, ValueError) as error:
        raise CannotJoin(
            f"broker: REDIS_URL cannot be used: {_one_line(error)}. Set it to the service's own."
        ) from error
    return f"broker: {told.get('host', told.get('path', ''))}"


def _storage() -> str:
    """Writes a file, reads it and deletes it."""
    storage, written = artifact_storage(), uuid.uuid4().hex.encode()
    try:
        name = storage.save(f"probes/{uuid.uuid4().hex}", ContentFile(written))
        with storage.open(name, "rb") as file:
            read = file.read()
        storage.delete(name)
    except Exception as error:  # of whatever storage
        raise CannotJoin(
            f"storage: {_where(storage)} cannot be used: {_one_line(error)}. Set KW_STORAGE (or "
            "KW_SNAPSHOT_DIR, a folder that all machines share) to the service's own."
        ) from error
    if read != written:
        raise CannotJoin(f"storage: {_where(storage)} gives back what nobody wrote.")
    if isinstance(storage, FileSystemStorage) and settings.DATABASES["default"]["HOST"] not in HERE:
        return (
            f"storage: {_where(storage)}, which must be the service's own folder, as this machine "
            "sees it; without one set KW_STORAGE"
        )
    return f"storage: {_where(storage)}"


def _where(storage: object) -> str:
    if isinstance(storage, FileSystemStorage):
        return str(storage.location)
    return str(settings.KW_STORAGE)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
