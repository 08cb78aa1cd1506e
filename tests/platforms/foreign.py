"""What others have in an account, marked and unmarked, that nothing of ours may touch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from platforms import stacks

if TYPE_CHECKING:
    from judges.aws import Aws

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
GROUP = {
    "Resources": {
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "theirs"}}
    }
}
ZONE = "example.com"


def settle(account: Aws) -> None:
    """Put things of others into an account, a public zone of the estate's domain among them."""
    ec2, s3, iam = account.client("ec2"), account.client("s3"), account.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/20")["Vpc"]["VpcId"]
    subnet = {"CidrBlock": "10.7.0.0/24", "AvailabilityZone": "us-east-1a"}
    ec2.create_subnet(VpcId=vpc, **subnet)
    ec2.create_internet_gateway()
    ec2.create_transit_gateway(Description="theirs")
    ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=vpc)
    s3.create_bucket(Bucket="hyperleaf-corp-of-somebody")
    s3.put_object(Bucket="hyperleaf-corp-of-somebody", Key="a/b", Body=b"theirs")
    iam.create_role(RoleName="prod-of-somebody", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_user(UserName="hyperleaf-corp-somebody")
    account.client("route53").create_hosted_zone(Name=ZONE, CallerReference="theirs")
    client = account.client("cloudformation")
    others = [{"Key": "hyperleaf.dev/owner", "Value": "somebody-else"}]
    client.create_stack(StackName="hyperleaf-other", Tags=others, **stacks.body(GROUP))
    client.create_stack(StackName="theirs", **stacks.body(GROUP))
    client.create_stack(StackName="hyperleaf-corp-unmarked", **stacks.body(GROUP))
