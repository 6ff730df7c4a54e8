"""Delivery: triggers to outreach systems, and what came of it back as touchpoints."""

from streams.delivery.carriers import check_secrets
from streams.delivery.delivery_metrics import DELIVERY_METRICS
from streams.delivery.delivery_pages import DeliveryPages
from streams.delivery.disabled import Disabled, DisabledEndpoints
from streams.delivery.endpoint import DeliverFile, Endpoint
from streams.delivery.endpoint_reader import parse_deliver_file, read_deliver_file
from streams.delivery.errors import BadSignature, DeliverFileError, HostileTarget, MissingSecret, Unwritable
from streams.delivery.replay import Replay
from streams.delivery.service import Deliverer
from streams.delivery.signature import Secret, signed_headers, verify
from streams.delivery.status import DeliveryStatus, read_delivery_status

__all__ = [
    "DELIVERY_METRICS",
    "BadSignature",
    "DeliverFile",
    "DeliverFileError",
    "Deliverer",
    "DeliveryPages",
    "DeliveryStatus",
    "Disabled",
    "DisabledEndpoints",
    "Endpoint",
    "HostileTarget",
    "MissingSecret",
    "Replay",
    "Secret",
    "Unwritable",
    "check_secrets",
    "parse_deliver_file",
    "read_deliver_file",
    "read_delivery_status",
    "signed_headers",
    "verify",
]
