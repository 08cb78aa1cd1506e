"""The codes of what is found at a cluster: what each means, why it is one, and what to do."""

from __future__ import annotations

from typing import Final

from hyperleaf.codes import Code


def _code(code: str, *words: str, bad: str = "", good: str = "") -> Code:
    title, why, mend = words
    return Code(code, title, why, mend, bad, good)


_ALL: Final = (
    _code(
        "HL1201",
        "A kubeconfig cannot be used",
        "Without a server, a context and credentials nobody can be asked. The file is missing, is "
        "no YAML, names a context or a user that it does not have, or its credential plugin fails. "
        "What the file holds is never repeated.",
        "Name another file or context; `kubectl config get-contexts` lists them.",
        bad="hyperleaf apply lab --cluster prod --context prd",
        good="hyperleaf apply lab --cluster prod --context prod",
    ),
    _code(
        "HL1202",
        "A cluster does not answer",
        "The API server was away for longer than the 20 s that one needs to come back, or there is "
        "no way to it; one that never answered and refuses connections is given 2 s. Nothing is "
        "half done: each object was applied or was not.",
        "Run the same command again when the server is back: it goes on where it stopped.",
    ),
    _code(
        "HL1203",
        "A cluster does not know who asks",
        "The token or certificate of the context has run out or was never accepted (401).",
        "Log in anew.",
        good="oc login https://api.prod.example.com:6443",
    ),
    _code(
        "HL1204",
        "A right is missing",
        "The server names verb, resource and namespace that this user may not use (403). All are "
        "found before anything is written, as trying an object needs the same right.",
        "Have it granted by a Role or ClusterRole: get, list, patch and create of what is "
        "rendered; delete as well to prune.",
        good="kubectl auth can-i patch nodenetworkconfigurationpolicies",
    ),
    _code(
        "HL1205",
        "A cluster has no such kind",
        "A kind is served once its operator, or its definition, is installed. Kinds of operators "
        "that the estate installs are waited for; others are told of before anything is written.",
        "Name the operator under `operators` of the cluster, or install it.",
        bad="operators: {}",
        good="operators: {nmstate: {}}",
    ),
    _code(
        "HL1206",
        "A cluster refuses an object",
        "The server validated the object, or a webhook did, and said no; unknown fields are "
        "refused too. Its own words follow.",
        "Mend what it says; where the object is rendered wrong for this version, report it.",
    ),
    _code(
        "HL1207",
        "Another manager owns a field",
        "Server-side apply keeps track of who set which field. Taking one over would undo what "
        "another (a person with kubectl, Argo CD, an operator) wants, and it may set it back.",
        "Leave the field to one of the two, or say that it is ours now: `--take-over KIND/NAME`. "
        "Nothing is ever taken over unasked.",
        bad="hyperleaf apply lab --cluster prod",
        good="hyperleaf apply lab --cluster prod --take-over NetworkAttachmentDefinition/red",
    ),
    _code(
        "HL1208",
        "An object is not ready in time",
        "A step is ready when all its objects are: what comes after may need them. What the object "
        "said last follows.",
        "Run the command again to go on waiting, with a longer --timeout where it needs one.",
        good="hyperleaf apply lab --cluster hub --timeout 2h",
    ),
    _code(
        "HL1209",
        "An object says that it failed",
        "Its operator gave up, as nmstate does when a node cannot take a policy and is rolled "
        "back. Nothing after it is applied.",
        "Mend what it says, then run the command again: it goes on from here.",
    ),
    _code(
        "HL1210",
        "A credential cannot be read",
        "A Secret is made when objects are applied, of a file or an environment variable that the "
        "estate names; it is not there. Where the Secret lives already, it is kept.",
        "Provide the file (its path is relative to the estate's) or the variable.",
        bad="pullSecret: {file: pull-secret.txt}   # no such file",
        good="pullSecret: {env: PULL_SECRET}",
    ),
    _code(
        "HL1211",
        "A Secret is there and is not ours",
        "It bears no mark of ours: somebody made it, and it stays as it is.",
        "Name it in the estate, or delete it to have it made.",
        bad="pullSecret: {file: pull-secret.txt}",
        good="pullSecret: {secret: pull-secret}",
    ),
    _code(
        "HL1212",
        "Something is left that pruning does not delete",
        "A node policy that is deleted undoes nothing on the nodes, so its devices are made absent "
        "first; one that makes none, or whose nodes have not done so, stays. A namespace or a kind "
        "would take with it what is not ours.",
        "Mend the nodes and prune again, or let the policy make its interfaces absent by hand; "
        "delete namespaces and kinds by hand.",
        bad="interfaces: [{name: br10100, type: linux-bridge, state: up}]",
        good="interfaces: [{name: br10100, type: linux-bridge, state: absent}]",
    ),
    _code(
        "HL1213",
        "What is left of some kinds cannot be told",
        "Pruning looks for our mark among all kinds, and these may not be listed by this user.",
        "Prune as somebody who may list them.",
    ),
    _code(
        "HL1214",
        "Nobody can be asked",
        "Nodes would be replaced or restarted, or objects deleted: that is said and asked before. "
        "Without a terminal there is nobody to ask, and nothing is done.",
        "Read what --dry-run says, then add --yes.",
        bad="hyperleaf apply lab --cluster hub --prune < /dev/null",
        good="hyperleaf apply lab --cluster hub --prune --yes",
    ),
    _code(
        "HL1215",
        "A namespace has an OperatorGroup already",
        "With two of them the operator lifecycle manager installs nothing in the namespace any "
        "more (TooManyOperatorGroups). The console makes one with a random name.",
        "Delete the other one.",
        bad="openshift-storage-abc12 beside openshift-storage",
        good="openshift-storage",
    ),
    _code(
        "HL1216",
        "A hub has no such hosted cluster",
        "Hosted clusters are asked for at the hub that runs their control planes, by name.",
        "Name one that is there, or the context of its hub.",
        good="hyperleaf status --cluster lvm-hcp --context hub-admin",
    ),
    _code(
        "HL1217",
        "A hosted cluster's kubeconfig is not there",
        "The hub makes it once the API server of the hosted cluster is there, as a Secret that the "
        "HostedCluster names in its status.",
        "Wait for it: `--watch` does.",
        good="hyperleaf status --cluster lvm-hcp --watch",
    ),
    _code(
        "HL1218",
        "A node policy takes a NIC that is in use",
        "The node says that the NIC has addresses, is another device's port, or carries the "
        "default route. Taken away, the node is cut off until nmstate rolls back.",
        "Name another NIC in the pool, or free this one on the node first.",
        bad="uplinks: {trunk: {nic: ens192}}   # has the node's address",
        good="uplinks: {trunk: {nic: ens224}}",
    ),
    _code(
        "HL1219",
        "No node says anything of its network",
        "NodeNetworkStates are written by nmstate's handler on each node; there are none.",
        "Look at the pods of openshift-nmstate.",
        good="oc -n openshift-nmstate get pods",
    ),
)

CLUSTER_CODES: Final[dict[str, Code]] = {one.code: one for one in _ALL}
