"""Roles, users, buckets, zones and resolvers: how the judge's CloudFormation makes them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from judges.aws_kinds import Calls, Kind, Made, Object, Properties, RefusedError, as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

GRANTEES = (("Roles", "role"), ("Users", "user"))


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _tag_iam(word: str, parameter: str) -> Callable[..., None]:
    def tag(calls: Calls, made: Made, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        about = {parameter: made.ref}
        gone = [key for key in old if key not in new and not key.startswith("aws:")]
        if gone:
            getattr(calls.iam, f"untag_{word}")(**about, TagKeys=gone)
        if as_list(new):
            getattr(calls.iam, f"tag_{word}")(**about, Tags=as_list(new))

    return tag


def _grant(calls: Calls, word: str, name: str, asked: Properties) -> None:
    who = {f"{word.title()}Name": name}
    for one in asked.get("Policies", ()):
        document = _text(one["PolicyDocument"])
        put = getattr(calls.iam, f"put_{word}_policy")
        put(**who, PolicyName=one["PolicyName"], PolicyDocument=document)
    for one in asked.get("ManagedPolicyArns", ()):
        getattr(calls.iam, f"attach_{word}_policy")(**who, PolicyArn=one)


def _withdraw(calls: Calls, word: str, name: str, asked: Properties) -> None:
    who = {f"{word.title()}Name": name}
    gone = calls.iam.exceptions.NoSuchEntityException
    for one in asked.get("Policies", ()):
        with suppress(gone):
            getattr(calls.iam, f"delete_{word}_policy")(**who, PolicyName=one["PolicyName"])
    for one in asked.get("ManagedPolicyArns", ()):
        with suppress(gone):
            getattr(calls.iam, f"detach_{word}_policy")(**who, PolicyArn=one)


def _create_role(calls: Calls, asked: Properties, name: str) -> Made:
    words = asked.only("Path", "Description", "MaxSessionDuration", "PermissionsBoundary")
    trust = _text(asked["AssumeRolePolicyDocument"])
    named = asked.get("RoleName", name)
    words |= {"RoleName": named, "AssumeRolePolicyDocument": trust}
    role = calls.iam.create_role(**words)["Role"]
    _grant(calls, "role", calls.begin(named), asked)
    return Made(named, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _change_role(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    new.only("Path", "RoleName", "PermissionsBoundary")
    trust = _text(new["AssumeRolePolicyDocument"])
    calls.iam.update_assume_role_policy(RoleName=made.ref, PolicyDocument=trust)
    words = new.only("Description", "MaxSessionDuration")
    calls.iam.update_role(RoleName=made.ref, **words)
    _withdraw(calls, "role", made.ref, old)
    _grant(calls, "role", made.ref, new)


def _delete_role(calls: Calls, made: Made, asked: Properties) -> None:
    _withdraw(calls, "role", made.ref, asked)
    calls.iam.delete_role(RoleName=made.ref)


def _create_user(calls: Calls, asked: Properties, name: str) -> Made:
    named = asked.get("UserName", name)
    user = calls.iam.create_user(UserName=named, **asked.only("Path"))["User"]
    _grant(calls, "user", calls.begin(named), asked)
    return Made(named, {"Arn": user["Arn"]})


def _change_user(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    new.only("UserName", "Path")
    _withdraw(calls, "user", made.ref, old)
    _grant(calls, "user", made.ref, new)


def _delete_user(calls: Calls, made: Made, asked: Properties) -> None:
    """Delete a user; one that somebody made an access key for is not deleted, as with AWS."""
    if calls.iam.list_access_keys(UserName=made.ref)["AccessKeyMetadata"]:
        raise RefusedError("Cannot delete entity, must delete access keys first.")
    _withdraw(calls, "user", made.ref, asked)
    calls.iam.delete_user(UserName=made.ref)


def _create_profile(calls: Calls, asked: Properties, name: str) -> Made:
    named = asked.get("InstanceProfileName", name)
    words = {"InstanceProfileName": named, **asked.only("Path")}
    profile = calls.iam.create_instance_profile(**words)["InstanceProfile"]
    calls.begin(named)
    for role in asked["Roles"]:
        calls.iam.add_role_to_instance_profile(InstanceProfileName=named, RoleName=role)
    return Made(named, {"Arn": profile["Arn"]})


def _change_profile(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    new.only("InstanceProfileName", "Path")
    for call, roles in (
        (calls.iam.remove_role_from_instance_profile, old["Roles"]),
        (calls.iam.add_role_to_instance_profile, new["Roles"]),
    ):
        for role in roles:
            call(InstanceProfileName=made.ref, RoleName=role)


def _delete_profile(calls: Calls, made: Made, asked: Properties) -> None:
    for role in asked["Roles"]:
        calls.iam.remove_role_from_instance_profile(InstanceProfileName=made.ref, RoleName=role)
    calls.iam.delete_instance_profile(InstanceProfileName=made.ref)


def _each(asked: Properties) -> Iterable[tuple[str, str]]:
    for plural, word in GRANTEES:
        for name in asked.get(plural, ()):
            yield word, name


def _create_policy(calls: Calls, asked: Properties, name: str) -> Made:
    document = _text(asked["PolicyDocument"])
    for word, grantee in _each(asked):
        who = {f"{word.title()}Name": grantee, "PolicyName": asked["PolicyName"]}
        getattr(calls.iam, f"put_{word}_policy")(**who, PolicyDocument=document)
    return Made(name, {"Id": name})


def _change_policy(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    _delete_policy(calls, made, old)
    _create_policy(calls, new, made.ref)


def _delete_policy(calls: Calls, made: Made, asked: Properties) -> None:
    del made
    for word, grantee in _each(asked):
        who = {f"{word.title()}Name": grantee, "PolicyName": asked["PolicyName"]}
        getattr(calls.iam, f"delete_{word}_policy")(**who)


def _create_managed(calls: Calls, asked: Properties, name: str) -> Made:
    words = {"PolicyName": asked.get("ManagedPolicyName", name)}
    words |= {"PolicyDocument": _text(asked["PolicyDocument"])}
    made = calls.iam.create_policy(**words, **asked.only("Path", "Description"))["Policy"]["Arn"]
    for word, grantee in _each(asked):
        who = {f"{word.title()}Name": grantee}
        getattr(calls.iam, f"attach_{word}_policy")(**who, PolicyArn=made)
    return Made(made, {"PolicyArn": made})


def _change_managed(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    if list(_each(old)) != list(_each(new)):
        raise RefusedError("the judge does not move managed policies between roles")
    new.only("ManagedPolicyName", "Path", "Description")
    document = _text(new["PolicyDocument"])
    words = {"PolicyArn": made.ref, "PolicyDocument": document}
    versions = calls.iam.list_policy_versions(PolicyArn=made.ref)["Versions"]
    calls.iam.create_policy_version(**words, SetAsDefault=True)
    for one in versions:
        calls.iam.delete_policy_version(PolicyArn=made.ref, VersionId=one["VersionId"])


def _delete_managed(calls: Calls, made: Made, asked: Properties) -> None:
    for word, grantee in _each(asked):
        who = {f"{word.title()}Name": grantee}
        getattr(calls.iam, f"detach_{word}_policy")(**who, PolicyArn=made.ref)
    calls.iam.delete_policy(PolicyArn=made.ref)


def _create_issuer(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = {"Url": asked["Url"], "ClientIDList": asked.get("ClientIdList", [])}
    # Without thumbprints IAM finds the authority's out itself; moto wants a list.
    words["ThumbprintList"] = asked.get("ThumbprintList", ["0" * 40])
    made: str = calls.iam.create_open_id_connect_provider(**words)["OpenIDConnectProviderArn"]
    return Made(made, {"Arn": made})


def _change_issuer(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    new.get("Url")
    of = {"OpenIDConnectProviderArn": made.ref}
    was, wanted = set(old.get("ClientIdList", ())), set(new.get("ClientIdList", ()))
    for one in sorted(wanted - was):
        calls.iam.add_client_id_to_open_id_connect_provider(**of, ClientID=one)
    for one in sorted(was - wanted):
        calls.iam.remove_client_id_from_open_id_connect_provider(**of, ClientID=one)
    prints = new.get("ThumbprintList", ["0" * 40])
    calls.iam.update_open_id_connect_provider_thumbprint(**of, ThumbprintList=prints)


def _delete_issuer(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made.ref)


def _create_bucket(calls: Calls, asked: Properties, name: str) -> Made:
    named = asked.get("BucketName", name.lower())
    words: Object = {}
    if calls.region != "us-east-1":
        words["CreateBucketConfiguration"] = {"LocationConstraint": calls.region}
    calls.s3.create_bucket(Bucket=named, **words)
    _set_bucket(calls, calls.begin(named), asked)
    told = {"Arn": f"arn:aws:s3:::{named}", "DomainName": f"{named}.s3.amazonaws.com"}
    told["RegionalDomainName"] = f"{named}.s3.{calls.region}.amazonaws.com"
    return Made(named, told)


def _set_bucket(calls: Calls, name: str, asked: Properties) -> None:
    blocks = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"),
        True,
    )
    if asked.get("PublicAccessBlockConfiguration") is not None:
        blocks = {
            key: str(asked["PublicAccessBlockConfiguration"].get(key, False)).lower() == "true"
            for key in blocks
        }
    calls.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocks)
    owned = asked.get("OwnershipControls", {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    calls.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=owned)
    for one in asked.only("VersioningConfiguration").values():
        calls.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=one)
    for one in asked.only("BucketEncryption").values():
        rules = [
            {
                **{key: value for key, value in rule.items() if key == "BucketKeyEnabled"},
                "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            }
            for rule in one["ServerSideEncryptionConfiguration"]
        ]
        encryption = {"Rules": rules}
        calls.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encryption)


def _change_bucket(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del old
    new.get("BucketName")
    _set_bucket(calls, made.ref, new)


def _delete_bucket(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.s3.delete_bucket(Bucket=made.ref)


def _tag_bucket(calls: Calls, made: Made, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    del old
    calls.s3.put_bucket_tagging(Bucket=made.ref, Tagging={"TagSet": as_list(new)})


def _create_bucket_policy(calls: Calls, asked: Properties, name: str) -> Made:
    """Set a bucket's policy; a public one only where the bucket's public access is not blocked."""
    bucket, document = asked["Bucket"], _text(asked["PolicyDocument"])
    blocks = calls.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    if blocks["BlockPublicPolicy"] and _is_public(json.loads(document)):
        raise RefusedError(
            "Access Denied: public policies are prevented by the BlockPublicPolicy setting in S3"
            " Block Public Access."
        )
    calls.s3.put_bucket_policy(Bucket=bucket, Policy=document)
    return Made(name, {})


def _is_public(document: Mapping[str, Any]) -> bool:
    stated = document["Statement"]
    return any(
        one["Effect"] == "Allow" and one.get("Principal") in ("*", {"AWS": "*"})
        for one in (stated if isinstance(stated, list) else [stated])
    )


def _change_bucket_policy(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del old
    _create_bucket_policy(calls, new, made.ref)


def _delete_bucket_policy(calls: Calls, made: Made, asked: Properties) -> None:
    del made
    calls.s3.delete_bucket_policy(Bucket=asked["Bucket"])


def _create_zone(calls: Calls, asked: Properties, name: str) -> Made:
    words = {"Name": asked["Name"], "CallerReference": name}
    vpcs = asked.get("VPCs", [])
    if vpcs:
        words["VPC"] = vpcs[0]
    comment = (asked.get("HostedZoneConfig") or {}).get("Comment", "")
    words["HostedZoneConfig"] = {"Comment": comment, "PrivateZone": bool(vpcs)}
    said = calls.route53.create_hosted_zone(**words)
    made: str = said["HostedZone"]["Id"].rpartition("/")[2]
    calls.begin(made)
    for vpc in vpcs[1:]:
        calls.route53.associate_vpc_with_hosted_zone(HostedZoneId=made, VPC=vpc)
    servers = said.get("DelegationSet", {}).get("NameServers", [])
    return Made(made, {"Id": made, "NameServers": servers})


def _change_zone(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    new.get("Name")
    comment = (new.get("HostedZoneConfig") or {}).get("Comment", "")
    calls.route53.update_hosted_zone_comment(Id=made.ref, Comment=comment)
    was, wanted = old.get("VPCs", []), new.get("VPCs", [])
    for vpc in (one for one in wanted if one not in was):
        calls.route53.associate_vpc_with_hosted_zone(HostedZoneId=made.ref, VPC=vpc)
    for vpc in (one for one in was if one not in wanted):
        calls.route53.disassociate_vpc_from_hosted_zone(HostedZoneId=made.ref, VPC=vpc)


def _delete_zone(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.route53.delete_hosted_zone(Id=made.ref)


def _tag_zone(calls: Calls, made: Made, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    gone = [key for key in old if key not in new and not key.startswith("aws:")]
    about = {"ResourceType": "hostedzone", "ResourceId": made.ref}
    words: Object = {"RemoveTagKeys": gone} if gone else {}
    words |= {"AddTags": as_list(new)} if as_list(new) else {}
    if words:
        calls.route53.change_tags_for_resource(**about, **words)


def _record(verb: str, calls: Calls, asked: Properties) -> None:
    record = {"Name": asked["Name"], "Type": asked["Type"]}
    if asked.get("AliasTarget"):
        record["AliasTarget"] = asked.get("AliasTarget")
    else:
        values = [{"Value": str(one)} for one in asked["ResourceRecords"]]
        record |= {"TTL": int(asked["TTL"]), "ResourceRecords": values}
    batch = {"Changes": [{"Action": verb, "ResourceRecordSet": record}]}
    words = {"HostedZoneId": asked["HostedZoneId"], "ChangeBatch": batch}
    calls.route53.change_resource_record_sets(**words)


def _create_record(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    _record("CREATE", calls, asked)
    return Made(asked["Name"], {})


def _change_record(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del made, old
    _record("UPSERT", calls, new)


def _delete_record(calls: Calls, made: Made, asked: Properties) -> None:
    del made
    _record("DELETE", calls, asked)


def _create_resolver(calls: Calls, asked: Properties, name: str) -> Made:
    words = asked.only("SecurityGroupIds", "Direction", "Name")
    words |= {"CreatorRequestId": name, "IpAddresses": [dict(one) for one in asked["IpAddresses"]]}
    # moto wants a name; AWS does not.
    said = calls.route53resolver.create_resolver_endpoint(**{"Name": name, **words})
    one = said["ResolverEndpoint"]
    told = {key: one[key] for key in ("Arn", "HostVPCId", "IpAddressCount", "Direction", "Name")}
    return Made(one["Id"], {"ResolverEndpointId": one["Id"], **told}, one["Arn"])


def _change_resolver(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    new.only("SecurityGroupIds", "Direction")
    if old.get("IpAddresses") != new.get("IpAddresses"):
        raise RefusedError("the judge does not move a resolver's addresses")
    if new.get("Name"):
        words = {"ResolverEndpointId": made.ref, "Name": new["Name"]}
        calls.route53resolver.update_resolver_endpoint(**words)


def _delete_resolver(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.route53resolver.delete_resolver_endpoint(ResolverEndpointId=made.ref)


def _tag_resolver(calls: Calls, made: Made, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    gone = [key for key in old if key not in new and not key.startswith("aws:")]
    if gone:
        calls.route53resolver.untag_resource(ResourceArn=made.tagged, TagKeys=gone)
    calls.route53resolver.tag_resource(ResourceArn=made.tagged, Tags=as_list(new))


KINDS = {
    "AWS::IAM::Role": Kind(_create_role, _delete_role, _change_role, _tag_iam("role", "RoleName")),
    "AWS::IAM::User": Kind(_create_user, _delete_user, _change_user, _tag_iam("user", "UserName")),
    "AWS::IAM::InstanceProfile": Kind(
        _create_profile,
        _delete_profile,
        _change_profile,
        _tag_iam("instance_profile", "InstanceProfileName"),
    ),
    "AWS::IAM::Policy": Kind(_create_policy, _delete_policy, _change_policy),
    "AWS::IAM::ManagedPolicy": Kind(_create_managed, _delete_managed, _change_managed),
    "AWS::IAM::OIDCProvider": Kind(
        _create_issuer,
        _delete_issuer,
        _change_issuer,
        _tag_iam("open_id_connect_provider", "OpenIDConnectProviderArn"),
    ),
    "AWS::S3::Bucket": Kind(_create_bucket, _delete_bucket, _change_bucket, _tag_bucket),
    "AWS::S3::BucketPolicy": Kind(
        _create_bucket_policy, _delete_bucket_policy, _change_bucket_policy
    ),
    "AWS::Route53::HostedZone": Kind(_create_zone, _delete_zone, _change_zone, _tag_zone),
    "AWS::Route53::RecordSet": Kind(_create_record, _delete_record, _change_record),
    "AWS::Route53Resolver::ResolverEndpoint": Kind(
        _create_resolver, _delete_resolver, _change_resolver, _tag_resolver
    ),
}
