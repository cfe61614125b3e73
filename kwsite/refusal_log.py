"""What the log says of requests that were refused: one line, not where in the code it was."""

import logging
from http import HTTPStatus


class WithoutTraceback(logging.Filter):
    """Of a response that is no error of the server: Django's loggers say its status."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = HTTPStatus.INTERNAL_SERVER_ERROR
        if getattr(record, "status_code", error) < error:
            record.exc_info = None
        return True
