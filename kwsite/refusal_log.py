"""What the log says of requests that were refused: one line, not where in the code it was."""

import logging

SERVER_ERROR = 500


class WithoutTraceback(logging.Filter):
    """Of a response that is no error of the server: Django's loggers say its status."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", SERVER_ERROR) < SERVER_ERROR:
            record.exc_info = None
        return True
