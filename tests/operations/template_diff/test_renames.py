"""Resources under another logical id, and others that only look like them."""

from typing import Any

from slipway.operations.template_diff.permission_widening import broadenings
from slipway.operations.template_diff.renames import renames, with_new_names


def _group(**rule: Any) -> dict[str, Any]:
    ingress = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/16"} | rule
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": "vpc", "SecurityGroupIngress": [ingress]}}


def _alarm(metric: str, threshold: int = 1) -> dict[str, Any]:
    properties = {
        "MetricName": metric,
        "Threshold": threshold,
        "AlarmActions": ["topic"],
        "Period": 60,
        "Statistic": "Sum",
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def _reader(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "DependsOn": [name],
        "Properties": {"Role": {"Fn::GetAtt": [name, "Arn"]}, "Name": {"Fn::Sub": f"${{{name}.Id}}-${{!Old}}"}},
    }


def test_references_follow() -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"Path": "/"}}
    before, after = {"Old": role, "F": _reader("Old")}, {"New": role, "F": _reader("New")}
    assert renames(before, after) == {"Old": "New"}
    assert with_new_names(before, after) == after


def test_a_security_group_that_is_renamed_is_not_broader_and_one_rule_more_is() -> None:
    assert list(broadenings({"Old": _group()}, {"New": _group()})) == []
    (sentence,) = broadenings({"Old": _group()}, {"New": _group(CidrIp="0.0.0.0/0")})
    assert sentence == "${New.GroupId} opens ingress tcp, port 443, from 0.0.0.0/0 (WIDE)"


def test_a_rule_of_its_own_says_what_one_in_the_group_said() -> None:
    inline = _group()
    rule = inline["Properties"]["SecurityGroupIngress"][0] | {"GroupId": {"Ref": "G"}}
    empty = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": "vpc"}}
    own = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": rule}
    assert list(broadenings({"G": inline}, {"G": empty, "Rule": own})) == []


def test_an_alarm_that_is_renamed_is_compared_and_one_on_another_metric_is_another() -> None:
    (later,) = broadenings({"Old": _alarm("Errors")}, {"New": _alarm("Errors", 9)})
    assert "9" in later
    (removed,) = broadenings({"Old": _alarm("Errors")}, {"New": _alarm("Latency")})
    assert removed.startswith("Old (AWS::CloudWatch::Alarm)")


def test_of_several_the_most_alike_belong_together() -> None:
    before = {f"Old{port}": _group(FromPort=port, ToPort=port) for port in (1, 2, 3)}
    after = {f"New{port}": _group(FromPort=port, ToPort=port) for port in (3, 1, 2)}
    assert renames(before, after) == {f"Old{port}": f"New{port}" for port in (1, 2, 3)}


def test_nothing_is_renamed_in_a_new_stack() -> None:
    assert renames({}, {"New": _group()}) == {}
    assert renames({"Old": _group()}, {"New": _alarm("Errors")}) == {}
