"""The codes of what is found underneath clusters: what each means, why it is one, what to do."""

from __future__ import annotations

from typing import Final

from hyperleaf.codes import Code


def _code(code: str, *words: str, bad: str = "", good: str = "") -> Code:
    title, why, mend = words
    return Code(code, title, why, mend, bad, good)


# HL1401 to HL1429 are of every platform or of AWS, from HL1430 on of vSphere.
_ALL: Final = (
    _code(
        "HL1401",
        "A platform's library is missing",
        "AWS and vSphere are spoken to by their makers' own libraries, which only `up` and `down` "
        "need; everything else does without.",
        "Install hyperleaf with what the platform needs.",
        bad="pip install hyperleaf",
        good="pip install 'hyperleaf[aws]'",
    ),
    _code(
        "HL1402",
        "There are no credentials for a platform",
        "Nothing can be asked or made without knowing who asks. AWS: the usual chain (variables, "
        "a profile, a role of the machine). vSphere: what the estate names under "
        "`credentials.cloud`, else VSPHERE_USER and VSPHERE_PASSWORD.",
        "Log in, or name a profile. A dry run works without: everything is shown as to be made.",
        good="aws sso login --profile lab && hyperleaf up lab --facts facts.yaml --profile lab",
    ),
    _code(
        "HL1403",
        "A platform refuses the credentials",
        "They have run out, are wrong, or belong to nobody any more. They are repeated nowhere.",
        "Log in anew.",
        good="aws sso login --profile lab",
    ),
    _code(
        "HL1404",
        "A platform does not answer",
        "There is no way to it, its certificate is not trusted, or it kept failing for longer than "
        "the retries of a busy service take. Nothing is half done: each thing was made or was not.",
        "Look at the network, a proxy, or SSL_CERT_FILE; then run the same command again: it goes "
        "on where it stopped.",
    ),
    _code(
        "HL1405",
        "A right is missing at a platform",
        "The credentials are good and may not do this. The platform's own words name the action.",
        "Have it granted, then run the same command again.",
    ),
    _code(
        "HL1406",
        "A platform refuses a request",
        "It understood what was asked for and said no; its own words follow.",
        "Mend what it says; where what was rendered is wrong, report it.",
    ),
    _code(
        "HL1407",
        "A step failed",
        "The platform began and gave up; the thing that failed first and its reason follow. "
        "Whatever was made for this attempt was taken back by the platform, or is taken up again.",
        "Mend what it says, then run the same command again: it goes on from here.",
    ),
    _code(
        "HL1408",
        "A step is not done in time",
        "The platform goes on with it all the same; what was under way last follows.",
        "Run the same command again to go on waiting, with a longer --timeout where it needs one.",
        good="hyperleaf up lab --facts facts.yaml --timeout 2h",
    ),
    _code(
        "HL1409",
        "A thing would be replaced",
        "It cannot be changed in place: a new one would be made and the old one deleted, with what "
        "runs in it. A subnet takes its nodes along, a VPC the whole cluster.",
        "Take the change back in the estate, or say that it is meant: --replace.",
        good="hyperleaf up lab --facts facts.yaml --replace",
    ),
    _code(
        "HL1410",
        "A quota does not suffice",
        "An account may have so many of a thing in a region. Found out in the middle, a step would "
        "fail after minutes; it is asked before.",
        "Have the quota raised (Service Quotas), or free what is not used.",
        good="aws service-quotas request-service-quota-increase --service-code vpc "
        "--quota-code L-F678F1CE --desired-value 10",
    ),
    _code(
        "HL1411",
        "A quota cannot be told",
        "The account's quotas may not be asked for by these credentials, or the service does not "
        "answer: whether there is room for everything is seen when it is made.",
        "Grant servicequotas:GetServiceQuota, or leave it so.",
    ),
    _code(
        "HL1412",
        "An availability zone is not there",
        "An account sees the zones of a region that are switched on for it; not every region has "
        "a, b and c, and an account may lack one of them.",
        "Name zones that the account has, under `platform.aws.zones`.",
        bad="platform: {aws: {region: us-west-1, zones: [us-west-1a, us-west-1b, us-west-1c]}}",
        good="platform: {aws: {region: us-west-1, zones: [us-west-1a, us-west-1c]}}",
    ),
    _code(
        "HL1413",
        "An instance type is not offered where it is wanted",
        "Metal instances above all are offered in some zones of a region only. A node pool would "
        "wait for its machines forever.",
        "Name another type, or zones that offer it.",
        bad="nodePools: [{name: metal, instanceType: c6g.metal, zones: [us-east-1e]}]",
        good="nodePools: [{name: metal, instanceType: c6g.metal, zones: [us-east-1a]}]",
    ),
    _code(
        "HL1414",
        "There is no public zone of a name",
        "A cluster's public names (its API, its applications) are written into the public hosted "
        "zone of its base domain. Who has the domain elsewhere writes them there.",
        "Make the zone and delegate the domain to it, or write the names where the domain is.",
        good="aws route53 create-hosted-zone --name example.com --caller-reference first",
    ),
    _code(
        "HL1415",
        "A thing of the same name is not ours",
        "It lacks our mark, or bears another owner's: somebody else made it, and it stays as it "
        "is. Nothing that lacks our mark is ever changed or deleted.",
        "Rename the cluster or the fabric, or remove the thing if nobody needs it.",
    ),
    _code(
        "HL1416",
        "Nobody can be asked before something is made or removed",
        "What costs money or cannot be brought back is shown and asked before. Without a terminal "
        "there is nobody to ask, and nothing is done.",
        "Read what --dry-run says, then add --yes.",
        bad="hyperleaf down lab < /dev/null",
        good="hyperleaf down lab --yes",
    ),
    _code(
        "HL1417",
        "A facts file was not written by `up`",
        "`up` writes the whole file anew. One that it did not write may hold what somebody found "
        "by hand, and is left alone.",
        "Name another file, or move the old one away: other commands take several, each by "
        "--facts.",
        bad="hyperleaf up lab --facts found-by-hand.yaml",
        good="hyperleaf up lab --facts made.yaml",
    ),
    _code(
        "HL1418",
        "Something is left that could not be removed",
        "The platform refuses to delete what is still in use by things that are not ours, or by "
        "machines of a cluster that still runs.",
        "Destroy the clusters first (the installer's `destroy cluster`, the hub for hosted ones), "
        "then run the same command again: it goes on from here.",
    ),
    _code(
        "HL1419",
        "A thing that others rely on is not there",
        "The estate names something that exists already (a VPC's subnet, a gateway), and the "
        "platform does not know it.",
        "Mend the ID in the estate, or the account and region that are asked.",
    ),
)

PLATFORM_CODES: Final[dict[str, Code]] = {one.code: one for one in _ALL}
