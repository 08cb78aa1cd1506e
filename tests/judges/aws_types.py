"""Every resource type of CloudFormation that the judge carries out, and why it has to itself.

moto's CloudFormation makes a part of what our templates ask for, drops properties that it does not
know (a VPC's DNS attributes, a group's outgoing rules, a bucket's settings, tags of NAT gateways,
addresses and route tables), deletes half of it, and neither rolls back nor knows what a change
replaces. So the judge makes, changes and removes each resource itself, by calls of moto's services,
and refuses a property that it would not carry out: what a template says is read back, or the stack
fails.
"""

from __future__ import annotations

from judges import aws_gateways, aws_identities, aws_networks

KINDS = aws_networks.KINDS | aws_gateways.KINDS | aws_identities.KINDS

# What moto 5.2.5's CloudFormation lacks entirely, or in a way that matters, and what stands for it.
SUPPLIED = {
    "AWS::EC2::VPC": "DNS attributes are set; deletion heeds gateways, groups and interfaces",
    "AWS::EC2::VPCCidrBlock": "associated by EC2's own call",
    "AWS::EC2::Subnet": "GetAtt AvailabilityZone; deletion heeds interfaces",
    "AWS::EC2::RouteTable": "tags, deletion",
    "AWS::EC2::SubnetRouteTableAssociation": "deletion",
    "AWS::EC2::Route": "deletion; a target that is not attached to the VPC is refused, as by AWS",
    "AWS::EC2::SecurityGroup": "outgoing rules, rules by prefix; descriptions; change in place",
    "AWS::EC2::SecurityGroupEgress": "made by EC2's own call",
    "AWS::EC2::InternetGateway": "deletion",
    "AWS::EC2::VPCGatewayAttachment": "deletion, refused while addresses are in use",
    "AWS::EC2::EIP": "tags, deletion, GetAtt PublicIp",
    "AWS::EC2::NatGateway": "tags; deletion takes its interface along; needs an Internet gateway",
    "AWS::EC2::DHCPOptions": "made by EC2's own call",
    "AWS::EC2::VPCDHCPOptionsAssociation": "made by EC2's own call",
    "AWS::EC2::TransitGateway": "options are options; deletion, refused while VPCs are attached",
    "AWS::EC2::TransitGatewayAttachment": "made by EC2's own call",
    "AWS::EC2::TransitGatewayVpcAttachment": "made by EC2's own call",
    "AWS::EC2::CustomerGateway": "made by EC2's own call",
    "AWS::EC2::VPNGateway": "tags, deletion",
    "AWS::EC2::VPNConnection": "made by EC2's own call (which keeps none of its options)",
    "AWS::EC2::VPNGatewayRoutePropagation": "no call of moto's EC2: set in its route tables",
    "AWS::EC2::VPCPeeringConnection": "accepted, also between regions; deletion",
    "AWS::DirectConnect::DirectConnectGatewayAssociation": "no such thing in moto: kept by the"
    " judge",
    "AWS::IAM::OIDCProvider": "made by IAM's own call",
    "AWS::IAM::Role": "descriptions, tags; change in place",
    "AWS::IAM::User": "inline policies, tags",
    "AWS::IAM::InstanceProfile": "tags; change in place",
    "AWS::S3::Bucket": "public access blocks (all, unless a template says otherwise), ownership",
    "AWS::S3::BucketPolicy": "set by S3's own call; a public one is refused where it is blocked",
    "AWS::Route53::HostedZone": "VPCs, comment, tags, deletion",
    "AWS::Route53Resolver::ResolverEndpoint": "made by Route 53 Resolver's own call",
}
