"""The firewall in front of a load balancer that the internet can reach."""

from aws_cdk import ArnFormat, Stack, aws_elasticloadbalancingv2, aws_wafv2
from constructs import Construct

from inference_constructs.common.retention import Retention

_Acl = aws_wafv2.CfnWebACL
_Logging = aws_wafv2.CfnLoggingConfiguration

_WINDOW_S = 300
#: Rule groups of AWS by their cost in capacity units, which is small. The Core rule set (AWSManagedRulesCommonRuleSet)
#: is not one of them: it blocks bodies above 8 KB and clients without a User-Agent, and looks for scripts and paths in
#: text. Images, audio, long texts and the SDKs of machines are what a model is asked with.
_MANAGED_RULES = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")


class WebAcl(Construct):
    """Known bad addresses, known bad input and too many requests from one address are blocked, everything else passes.

    Of a body WAF sees the first 8 KB behind a load balancer, and these rules go by those (WAF Developer Guide,
    "Considerations for managing body inspection").

    Attributes:
        resource: The web ACL.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        load_balancer: aws_elasticloadbalancingv2.CfnLoadBalancer,
        requests_per_ip: int,
        retention: Retention,
    ) -> None:
        """Create the web ACL and put it in front of a load balancer.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            name: What it protects, for the name of its log group.
            load_balancer: The load balancer.
            requests_per_ip: Requests that one address may send in 5 minutes, from 10.
            retention: How the log is encrypted and kept.
        """
        super().__init__(scope, construct_id)
        self.resource = self._create_web_acl(requests_per_ip)
        aws_wafv2.CfnWebACLAssociation(
            self, "Association", resource_arn=load_balancer.ref, web_acl_arn=self.resource.attr_arn
        )
        self._create_logging(name, retention)

    def _create_web_acl(self, requests_per_ip: int) -> aws_wafv2.CfnWebACL:
        managed = [_managed_rule(name, priority) for priority, name in enumerate(_MANAGED_RULES, start=1)]
        return _Acl(
            self,
            "Resource",
            scope="REGIONAL",
            default_action=_Acl.DefaultActionProperty(allow=_Acl.AllowActionProperty()),
            visibility_config=_visibility("Requests"),
            rules=[_rate_rule(requests_per_ip), *managed],
        )

    def _create_logging(self, name: str, retention: Retention) -> None:
        """Log what was blocked or counted: what passed is in the access log, and there may be very much of it."""
        log_group_name = f"aws-waf-logs-{name}"  # WAF writes to groups of this prefix only
        log_group = retention.named_log_group(self, "Logs", log_group_name=log_group_name)
        # The group's own ARN ends with :*, which WAF does not take.
        destination = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        logging = _Logging(
            self,
            "Logging",
            resource_arn=self.resource.attr_arn,
            log_destination_configs=[destination],
            # Both properties are free-form in CloudFormation's schema, so that the CDK passes their keys as they are.
            redacted_fields=[_Logging.FieldToMatchProperty(single_header={"Name": "authorization"})],
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")],
                    }
                ],
            },
        )
        logging.node.add_dependency(log_group)


def _rate_rule(requests_per_ip: int) -> _Acl.RuleProperty:
    return _Acl.RuleProperty(
        name="RequestsPerIp",
        priority=0,
        action=_Acl.RuleActionProperty(block=_Acl.BlockActionProperty()),
        statement=_Acl.StatementProperty(
            rate_based_statement=_Acl.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=requests_per_ip, evaluation_window_sec=_WINDOW_S
            )
        ),
        visibility_config=_visibility("RequestsPerIp"),
    )


def _managed_rule(name: str, priority: int) -> _Acl.RuleProperty:
    return _Acl.RuleProperty(
        name=name,
        priority=priority,
        override_action=_Acl.OverrideActionProperty(none={}),
        statement=_Acl.StatementProperty(
            managed_rule_group_statement=_Acl.ManagedRuleGroupStatementProperty(vendor_name="AWS", name=name)
        ),
        visibility_config=_visibility(name),
    )


def _visibility(metric_name: str) -> _Acl.VisibilityConfigProperty:
    """Counted, and without samples: they would show headers and addresses in the console."""
    return _Acl.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric_name, sampled_requests_enabled=False
    )
