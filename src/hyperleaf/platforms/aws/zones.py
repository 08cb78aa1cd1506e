"""Steps that only find: the public hosted zone of a name, the addresses of a resolver endpoint."""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from hyperleaf.findings import Severity
from hyperleaf.platforms.aws.session import asking, code_of, session_of
from hyperleaf.platforms.errors import told
from hyperleaf.platforms.steps import NotYet, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53resolver import Route53ResolverClient

    from hyperleaf.platforms.steps import Owned, Step, Tell, World

# How often an endpoint that was just made is asked for its addresses, a second between.
_TRIES: Final = 10
_ZONE: Final = "/hostedzone/"


class _Finding:
    """A kind of step that makes nothing: it only looks."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session = session_of(world)

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Look."""
        raise NotImplementedError

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:  # noqa: ARG002
        """Return that nothing is made."""
        return Seen()

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:  # noqa: ARG002
        """Look once more: there is nothing to be made."""
        return self.examine(step, inputs).outputs or {}

    def owned(self) -> tuple[Owned, ...]:
        """Return nothing: nothing was made."""
        return ()

    def remove(self, owned: Owned, tell: Tell) -> None:
        """Do nothing: nothing was made."""


class PublicZones(_Finding):
    """Finds public hosted zones by their names."""

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Return the zone's ID as output `Id`, or a warning that there is none."""
        name = str(inputs["name"]).rstrip(".")
        client: Route53Client = self._session.client("route53", str(inputs["region"]))
        with asking(f"the public zone {name}", step):
            found = client.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
        ids = sorted(
            one["Id"].removeprefix(_ZONE)
            for one in found
            if one["Name"] == f"{name}." and not one.get("Config", {}).get("PrivateZone", False)
        )
        if not ids:
            message = f"there is no public hosted zone {name} in this account"
            hint = "make it, or write the clusters' public names where the domain is"
            missing = told("HL1414", message, hint, step=step, severity=Severity.WARNING)
            return Seen(outputs={}, findings=(missing,), about="none")
        if len(ids) > 1:
            message = f"there are {len(ids)} public zones {name}: {ids[0]} is taken"
            hint = "delete those that the domain is not delegated to"
            several = told("HL1414", message, hint, step=step, severity=Severity.WARNING)
            return Seen(outputs={"Id": ids[0]}, findings=(several,), about=ids[0])
        return Seen(outputs={"Id": ids[0]}, about=ids[0])


class Resolvers(_Finding):
    """Finds the addresses of inbound resolver endpoints."""

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Return the endpoint's addresses, sorted, as output `Addresses`."""
        endpoint = inputs["endpoint"]
        if isinstance(endpoint, NotYet):
            return Seen()
        region = str(inputs["region"])
        client: Route53ResolverClient = self._session.client("route53resolver", region)
        addresses: list[str] = []
        for tries_left in reversed(range(_TRIES)):
            with asking(f"the resolver endpoint {endpoint}", step):
                found = _addresses(client, str(endpoint), is_last=not tries_left)
            addresses = [one["Ip"] for one in found if one.get("Ip")]
            if addresses and len(addresses) == len(found):
                break
            time.sleep(min(1.0, self._world.longest_pause))
        addresses.sort(key=ip_address)
        return Seen(outputs={"Addresses": addresses}, about=", ".join(addresses))


def _addresses(client: Route53ResolverClient, endpoint: str, *, is_last: bool) -> Any:
    """Return an endpoint's addresses; none where it is not visible yet, unless that is the last."""
    try:
        return client.list_resolver_endpoint_ip_addresses(ResolverEndpointId=endpoint)[
            "IpAddresses"
        ]
    except ClientError as error:
        if is_last or code_of(error) != "ResourceNotFoundException":
            raise
        return []
