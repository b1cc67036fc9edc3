"""Where HTTPS comes in, and which variant gets a request."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from aws_cdk import aws_elasticloadbalancingv2
from constructs import Construct

from inference_constructs.config import Authentication
from inference_constructs.eks.common.variant import PodVariant

#: Callers reach these and what the service names, and nothing else; the server's metrics stay inside the cluster.
INVOCATIONS_PATH, PING_PATH = "/invocations", "/ping"
#: Names the variant to ask, whatever its weight: what SageMaker calls it towards containers.
VARIANT_HEADER = "X-Amzn-SageMaker-Target-Variant"
#: TLS 1.3 and 1.2 with forward secrecy and authenticated ciphers only, and hybrid post-quantum key exchange: what
#: "Security policies for your Application Load Balancer" recommends.
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

_HEAVIEST = 999  # of a target group in an action (AWS::ElasticLoadBalancingV2::ListenerRule TargetGroupTuple)
_LAST_PRIORITY = 50_000
_MOST_VARIANTS = 5  # target groups of one action ("Quotas for your Application Load Balancers")
_Listener = aws_elasticloadbalancingv2.CfnListener
_Rule = aws_elasticloadbalancingv2.CfnListenerRule


class ServiceListener(Construct):
    """HTTPS on port 443, and its rules. There is no port 80: a redirect would come after the payload went in clear.

    Attributes:
        resource: The listener.
        rules_by_header: One for each variant, for whoever asks for it by name. They attach its target group.
        traffic_rule: What shares the traffic of everybody else.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        load_balancer: aws_elasticloadbalancingv2.CfnLoadBalancer,
        certificate_arn: str,
        variants: Sequence[PodVariant],
        target_groups: Mapping[str, aws_elasticloadbalancingv2.CfnTargetGroup],
        paths: Sequence[str] = (INVOCATIONS_PATH, PING_PATH),
        authentication: Authentication | None = None,
    ) -> None:
        """Create the listener.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            load_balancer: Where it listens.
            certificate_arn: The certificate for the service's host name.
            variants: What shares the traffic, up to 5.
            target_groups: The targets of each variant, by its name.
            paths: What callers reach. Default: `/invocations` and `/ping`.
            authentication: How callers prove who they are. Default: whoever reaches the load balancer may call.

        Raises:
            ValueError: There are more than 5 variants, or none gets traffic.
        """
        super().__init__(scope, construct_id)
        if len(variants) > _MOST_VARIANTS:
            message = f"{len(variants)} variants; accepted: up to {_MOST_VARIANTS}, the most that one action takes"
            raise ValueError(message)
        self._target_groups = target_groups
        self._paths = tuple(paths)
        self._authentication = authentication or Authentication(anonymous=True)
        self.resource = self._create_listener(load_balancer, certificate_arn)
        self.rules_by_header = self._create_rules_by_header(variants)
        self.traffic_rule = self._create_traffic_rule(variants)

    def _create_listener(
        self, load_balancer: aws_elasticloadbalancingv2.CfnLoadBalancer, certificate_arn: str
    ) -> aws_elasticloadbalancingv2.CfnListener:
        said = f"POST {self._paths[0]} or GET {self._paths[1]}"
        no_such_path = _Listener.FixedResponseConfigProperty(
            status_code="404",
            content_type="application/json",
            message_body=json.dumps({"error": {"code": "not_found", "message": said}}),
        )
        return _Listener(
            self,
            "Resource",
            load_balancer_arn=load_balancer.ref,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificates=[_Listener.CertificateProperty(certificate_arn=certificate_arn)],
            default_actions=[_Listener.ActionProperty(type="fixed-response", fixed_response_config=no_such_path)],
            mutual_authentication=self._mutual_authentication(),
        )

    def _mutual_authentication(self) -> _Listener.MutualAuthenticationProperty | None:
        trusted = self._authentication.trust_store_arn
        if trusted is None:
            return None
        return _Listener.MutualAuthenticationProperty(
            mode="verify", trust_store_arn=trusted, ignore_client_certificate_expiry=False
        )

    def _create_rules_by_header(
        self, variants: Sequence[PodVariant]
    ) -> list[aws_elasticloadbalancingv2.CfnListenerRule]:
        priorities = rule_priorities([variant.name for variant in variants])
        return [
            self._create_rule(
                f"Only-{variant.name}",
                {variant.name: 1},
                priorities[variant.name],
                [self._path_condition(), _header(variant.name)],
            )
            for variant in variants
        ]

    def _create_traffic_rule(self, variants: Sequence[PodVariant]) -> aws_elasticloadbalancingv2.CfnListenerRule:
        return self._create_rule("Traffic", traffic_weights(variants), _LAST_PRIORITY, [self._path_condition()])

    def _create_rule(
        self,
        construct_id: str,
        weights: Mapping[str, int],
        priority: int,
        conditions: list[_Rule.RuleConditionProperty],
    ) -> aws_elasticloadbalancingv2.CfnListenerRule:
        shares = [
            _Rule.TargetGroupTupleProperty(target_group_arn=self._target_groups[name].ref, weight=weight)
            for name, weight in weights.items()
        ]
        forward = _Rule.ForwardConfigProperty(
            target_groups=shares,
            # A caller that stuck to a variant would not move with the weights.
            target_group_stickiness_config=_Rule.TargetGroupStickinessConfigProperty(enabled=False),
        )
        return _Rule(
            self,
            construct_id,
            listener_arn=self.resource.ref,
            priority=priority,
            conditions=conditions,
            actions=self._actions(forward),
        )

    def _path_condition(self) -> _Rule.RuleConditionProperty:
        return _Rule.RuleConditionProperty(
            field="path-pattern", path_pattern_config=_Rule.PathPatternConfigProperty(values=list(self._paths))
        )

    def _actions(self, forward: _Rule.ForwardConfigProperty) -> list[_Rule.ActionProperty]:
        """Forward, after the token was verified where there is one."""
        tokens = self._authentication.jwt
        if tokens is None:
            return [_Rule.ActionProperty(type="forward", forward_config=forward)]
        claims = [
            _Rule.JwtValidationActionAdditionalClaimProperty(name=name, format=claim.format, values=list(claim.values))
            for name, claim in tokens.claims.items()
        ]
        verify = _Rule.JwtValidationConfigProperty(
            issuer=tokens.issuer, jwks_endpoint=tokens.jwks_endpoint, additional_claims=claims or None
        )
        return [
            _Rule.ActionProperty(type="jwt-validation", order=1, jwt_validation_config=verify),
            _Rule.ActionProperty(type="forward", order=2, forward_config=forward),
        ]


def traffic_weights(variants: Sequence[PodVariant]) -> dict[str, int]:
    """Whole numbers from 0 to 999 in the ratio of the variants' weights, by variant.

    A variant without traffic keeps its place with 0: promoting or rolling back changes numbers, and no resource. A
    share too small to express becomes the smallest there is.

    Raises:
        ValueError: No variant has any traffic.
    """
    shares = {variant.name: Fraction(str(variant.weight)) for variant in variants}
    heaviest = max(shares.values(), default=Fraction(0))
    if heaviest <= 0:
        names = ", ".join(shares) or "none"
        message = f"no variant gets traffic ({names}); accepted: a weight above 0 for at least one"
        raise ValueError(message)
    whole = math.lcm(*(share.denominator for share in shares.values()))
    scale = min(Fraction(whole), _HEAVIEST / heaviest)
    return {name: max(round(share * scale), 1) if share else 0 for name, share in shares.items()}


def rule_priorities(names: Sequence[str]) -> dict[str, int]:
    """A rule's place in the order by what it is named after: 1 to 49999, each once.

    CloudFormation makes new rules before it deletes old ones, and two rules cannot have one priority. Counted numbers
    would move when a variant comes or goes; a number from the name stays.
    """
    priorities: dict[str, int] = {}
    for name in sorted(names):
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
        while (priority := number % (_LAST_PRIORITY - 1) + 1) in priorities.values():
            number += 1
        priorities[name] = priority
    return priorities


def _header(variant_name: str) -> _Rule.RuleConditionProperty:
    return _Rule.RuleConditionProperty(
        field="http-header",
        http_header_config=_Rule.HttpHeaderConfigProperty(http_header_name=VARIANT_HEADER, values=[variant_name]),
    )
