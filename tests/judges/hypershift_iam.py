"""HyperShift's own command line makes a hosted cluster's roles in an account for tests."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

from judges import cache

if TYPE_CHECKING:
    from judges.aws import Aws

JUDGE = "hypershift-iam"
SECONDS = 60


def make(
    account: Aws, infra_id: str, bucket: str, region: str, zones: tuple[str, str, str]
) -> None:
    """Make provider, roles and instance profile; `zones` are a public, a private, a local one."""
    public, private, local = zones
    asked = {
        "Endpoint": account.endpoint,
        "InfraID": infra_id,
        "Bucket": bucket,
        "Region": region,
        "PublicZone": public,
        "PrivateZone": private,
        "LocalZone": local,
    }
    subprocess.run(
        [str(cache.folder(JUDGE) / JUDGE)],
        input=json.dumps(asked),
        env={**os.environ, **account.env},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
