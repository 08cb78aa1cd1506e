"""Buckets of stacks that are to go are emptied, old versions included: S3 deletes no full one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from hyperleaf.platforms.aws.session import asking, code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def count(client: S3Client, bucket: str) -> str:
    """Return how many objects a bucket holds, as people say it; empty for none."""
    with asking(f"bucket {bucket}"):
        try:
            found: Any = client.list_object_versions(Bucket=bucket)
        except ClientError as error:
            if code_of(error) == "NoSuchBucket":
                return ""
            raise
    number = len(_keys(found))
    more = "more than " if found.get("IsTruncated") else ""
    return f"{more}{number:,} object{'s' if number != 1 else ''}" if number else ""


def empty(client: S3Client, bucket: str) -> None:
    """Delete every object of a bucket, and every version of it; no such bucket is fine."""
    with asking(f"bucket {bucket}"):
        try:
            # From the beginning each time: what was listed is gone.
            while keys := _keys(client.list_object_versions(Bucket=bucket)):
                client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        except ClientError as error:
            if code_of(error) != "NoSuchBucket":
                raise


def _keys(found: Any) -> Any:
    listed = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in listed]
