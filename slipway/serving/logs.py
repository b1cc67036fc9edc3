"""Log lines: one JSON object per line on stdout, as CloudWatch Logs Insights reads them. Never a request's content."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

LOGGER = logging.getLogger("serving")


def log_event(level: int, event: str, **fields: object) -> None:
    """Write one line: the time, the level, the event, and its fields."""
    LOGGER.log(level, event, extra={"fields": fields})


def set_up_logs(level: str) -> None:
    """Send every log line of the process to stdout as JSON.

    Args:
        level: Least severe level of our own lines. Of the libraries' only warnings and worse are written.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOGGER.setLevel(level.upper())


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; of an exception only its type and place, for its text may quote a request."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage().strip(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            line["exception"] = record.exc_info[0].__name__
            line["traceback"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, default=str)
