"""What aiokafka leaves out on uvloop: a connection that is lost while something is written to it is a lost connection.

asyncio's transports take what is written to a closed one and tell of it later; uvloop's raise RuntimeError, for which
aiokafka is not prepared (its issue 1038). The task that hears of the cluster's state ends by it, and from then on its
consumer waits for ever: for its coordinator, its commits, its next record.
"""

from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

_send = AIOKafkaConnection.send


@wraps(_send)
def _send_or_tell(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
    try:
        return _send(self, request, expect_response)
    except KafkaError:  # is a RuntimeError too
        raise
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error


def tell() -> None:
    """From now on all connections of this process tell of their loss as aiokafka expects it. Once more is no harm."""
    AIOKafkaConnection.send = _send_or_tell
