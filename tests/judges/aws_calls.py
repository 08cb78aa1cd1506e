"""Reads of a request which service's which action it calls, and answers it as that one errs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Mapping

READS = ("Describe", "Get", "List", "Head", "Lookup", "Search", "Simulate", "Validate", "Estimate")
SIGNED = r"Credential=[^/]+/\d+/[^/]+/([^/]+)/"
# What a service calls itself in a signature, and in botocore.
NAMES = {"servicequotas": "service-quotas"}
# What each says when it has had enough, and with which status.
THROTTLED = {
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
    "cloudformation": (400, "Throttling", "Rate exceeded"),
    "iam": (400, "Throttling", "Rate exceeded"),
    "sts": (400, "Throttling", "Rate exceeded"),
    "route53": (400, "Throttling", "Rate exceeded"),
}
BROKEN = {
    500: ("InternalError", "An internal error has occurred"),
    502: ("BadGateway", "Bad gateway"),
    503: ("ServiceUnavailable", "Service is unable to handle the request"),
}
# What each says of something that it does not know (yet): code and message, by what its name is.
EC2_UNKNOWN = {
    "vpc": "InvalidVpcID.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "nat": "NatGatewayNotFound",
    "eipalloc": "InvalidAllocationID.NotFound",
    "dopt": "InvalidDhcpOptionID.NotFound",
    "tgw": "InvalidTransitGatewayID.NotFound",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call: its service as it signs, its action, and the words by which it names things."""

    service: str
    action: str
    words: str

    @property
    def is_mutating(self) -> bool:
        """Return whether it changes something."""
        return not self.action.startswith(READS)


def asked(environ: Mapping[str, Any], body: bytes) -> Asked:
    """Return what a request asks for."""
    signed = re.search(
        r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", "")
    )
    service = signed.group(1) if signed else "unsigned"
    path, query = environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", "")
    target = environ.get("HTTP_X_AMZ_TARGET")
    text = body.decode(errors="replace")
    if target:
        return Asked(service, target.rpartition(".")[2], text)
    form = parse_qs(text) if environ.get("REQUEST_METHOD") == "POST" else {}
    named = form.get("Action") or parse_qs(query).get("Action")
    if named:
        return Asked(service, named[0], f"{text}&{query}")
    given = {key.lower() for key in environ if key.startswith("HTTP_")}
    given |= set(parse_qs(query, keep_blank_values=True))
    action = _of_path(NAMES.get(service, service), environ["REQUEST_METHOD"], path, given)
    return Asked(service, action, f"{path}?{query}")


@cache
def _operations(service: str) -> tuple[tuple[str, str, re.Pattern[str], frozenset[str]], ...]:
    """Return a service's operations: name, method, path, and what query and headers must hold."""
    import botocore.session  # noqa: PLC0415 - heavy

    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        wanted = re.sub(r"\\\{(\w+)\\\+\\\}", r".+", re.escape(path.rstrip("/") or "/"))
        wanted = re.sub(r"\\\{(\w+)\\\}", r"[^/]+", wanted)
        keys = {part.partition("=")[0] for part in query.split("&") if part}
        shape = operation.input_shape
        for member in shape.required_members if shape is not None else ():
            said: dict[str, str] = shape.members[member].serialization  # type: ignore[union-attr]
            if said.get("location") == "querystring":
                keys.add(said["name"])
            elif said.get("location") == "header":
                keys.add(f"http_{said['name'].lower().replace('-', '_')}")
        found.append((name, operation.http["method"], re.compile(f"{wanted}/?$"), frozenset(keys)))
    return tuple(found)


def _of_path(service: str, method: str, path: str, given: set[str]) -> str:
    try:
        operations = _operations(service)
    except Exception:  # noqa: BLE001 - botocore's own, of a service that it does not know
        return f"{method} {path}"
    fitting = [
        (len(keys), name)
        for name, verb, wanted, keys in operations
        if verb == method and wanted.match(path) and keys <= given
    ]
    return max(fitting, default=(0, f"{method} {path}"))[1]


def error(of: Asked, status: int, code: str, message: str) -> tuple[int, str, bytes]:
    """Return status, content type and body of an error as the service writes it."""
    if of.service == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
            "</Errors><RequestID>judge</RequestID></Response>"
        )
        return status, "text/xml", text.encode()
    if of.service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return status, "application/xml", text.encode()
    if of.service in {"cloudformation", "iam", "sts", "route53"}:
        kind = "Sender" if status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error><RequestId>judge</RequestId></ErrorResponse>"
        )
        return status, "text/xml", text.encode()
    body = json.dumps({"__type": code, "message": message})
    return status, "application/x-amz-json-1.1", body.encode()


def throttled(of: Asked) -> tuple[int, str, bytes]:
    """Return the answer of a service that has had enough."""
    otherwise = (400, "ThrottlingException", "Rate exceeded")
    return error(of, *THROTTLED.get(of.service, otherwise))


def broken(of: Asked, status: int) -> tuple[int, str, bytes]:
    """Return the answer of a service that is broken, or of what stands before it."""
    if status == 502:
        return status, "text/html", b"<html><body>502 Bad Gateway</body></html>"
    return error(of, status, *BROKEN[status])


def unknown(of: Asked, name: str) -> tuple[int, str, bytes]:
    """Return the answer of a service that has not heard of something yet."""
    if of.service == "ec2":
        kind = name.rpartition("-")[0]
        code = EC2_UNKNOWN.get(kind, "InvalidID.NotFound")
        return error(of, 400, code, f"The ID '{name}' does not exist")
    if of.service == "cloudformation":
        return error(of, 400, "ValidationError", f"Stack with id {name} does not exist")
    if of.service == "s3":
        return error(of, 404, "NoSuchBucket", "The specified bucket does not exist")
    if of.service == "iam":
        return error(of, 404, "NoSuchEntity", f"{name} cannot be found.")
    if of.service == "route53":
        return error(of, 404, "NoSuchHostedZone", f"No hosted zone found with ID: {name}")
    return error(of, 400, "ResourceNotFoundException", f"{name} does not exist")
