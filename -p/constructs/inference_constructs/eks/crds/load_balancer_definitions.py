"""The kinds of the AWS Load Balancer Controller that it does not start without.

The fields are those of its own definitions as of version 3.5 (config/crd/bases/elbv2.k8s.aws_targetgroupbindings.yaml
and elbv2.k8s.aws_ingressclassparams.yaml), of the version of the API in use. Gateways, global accelerators and what
belongs to them are switched off, and so need no definitions.
"""

from inference_constructs.eks.crds.custom_resource import Column, CustomResource, Schema

GROUP = "elbv2.k8s.aws"
VERSION = "v1beta1"
BINDINGS = "targetgroupbindings"
CLASS_PARAMETERS = "ingressclassparams"

_TEXT = Schema(type="string")
_TEXTS = Schema(type="array", items=_TEXT)
_PORT = Schema(any_of=(Schema(type="integer"), _TEXT), int_or_string=True)
_OBSERVED = Schema(type="object", properties={"observedGeneration": Schema(type="integer", format="int64")})

_PEER = Schema(
    type="object",
    properties={
        "ipBlock": Schema(type="object", properties={"cidr": _TEXT}, required=("cidr",)),
        "securityGroup": Schema(type="object", properties={"groupID": _TEXT}, required=("groupID",)),
    },
)
_OPEN_PORT = Schema(type="object", properties={"port": _PORT, "protocol": Schema(type="string", enum=("TCP", "UDP"))})
_INGRESS = Schema(
    type="object",
    properties={"from": Schema(type="array", items=_PEER), "ports": Schema(type="array", items=_OPEN_PORT)},
    required=("from", "ports"),
)
_EXPRESSION = Schema(
    type="object", properties={"key": _TEXT, "operator": _TEXT, "values": _TEXTS}, required=("key", "operator")
)
_SELECTOR = Schema(
    type="object",
    properties={
        "matchExpressions": Schema(type="array", items=_EXPRESSION),
        "matchLabels": Schema(type="object", additional_properties=_TEXT),
    },
)

#: All of it, since other bindings than Slipway's may be in the cluster: what a schema lacks gets lost in storage.
#: `ipAddressType`, `targetGroupProtocol` and `vpcID` are filled in by the controller's webhook.
TARGET_GROUP_BINDING = CustomResource(
    group=GROUP,
    version=VERSION,
    kind="TargetGroupBinding",
    plural=BINDINGS,
    scope="Namespaced",
    spec=Schema(
        type="object",
        properties={
            "assumeRoleExternalId": _TEXT,
            "iamRoleArnToAssume": _TEXT,
            "ipAddressType": Schema(type="string", enum=("ipv4", "ipv6")),
            "multiClusterTargetGroup": Schema(type="boolean"),
            "networking": Schema(type="object", properties={"ingress": Schema(type="array", items=_INGRESS)}),
            "nodeSelector": _SELECTOR,
            "serviceRef": Schema(type="object", properties={"name": _TEXT, "port": _PORT}, required=("name", "port")),
            "targetGroupARN": _TEXT,
            "targetGroupName": _TEXT,
            "targetGroupProtocol": Schema(
                type="string", enum=("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
            ),
            "targetType": Schema(type="string", enum=("instance", "ip")),
            "vpcID": _TEXT,
        },
        required=("serviceRef",),
    ),
    status=_OBSERVED,
    columns=(
        Column(name="SERVICE-NAME", json_path=".spec.serviceRef.name"),
        Column(name="SERVICE-PORT", json_path=".spec.serviceRef.port"),
        Column(name="TARGET-TYPE", json_path=".spec.targetType"),
        Column(name="ARN", json_path=".spec.targetGroupARN", priority=1),
    ),
)

#: The controller watches it as long as the cluster has IngressClasses, that is always, and ends if it cannot. No object
#: of the kind means anything here: the controller may not make load balancers.
INGRESS_CLASS_PARAMETERS = CustomResource(
    group=GROUP,
    version=VERSION,
    kind="IngressClassParams",
    plural=CLASS_PARAMETERS,
    scope="Cluster",
    spec=Schema(type="object", preserve_unknown_fields=True),
    status=Schema(type="object", preserve_unknown_fields=True),
)
