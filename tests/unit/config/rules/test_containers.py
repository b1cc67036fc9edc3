"""What a container may be told, and from where its image and its model may come."""

from pathlib import Path
from typing import Any

import pytest

from inference_constructs.config import ConfigError, Image, ModelSource, Objectives, Pods, load_project
from inference_constructs.config.rules.variables import advise_on_variables
from slipway.serving import settings
from stacks.advice import advice
from tests.unit.config.projects import ENVIRONMENT, SERVICE, with_line, write_project
from tests.unit.config.test_service import service
from tests.unit.config.test_service_on_eks import on_eks

#: Made up for this test, and put together so that no scanner takes it for a real one.
KEY_ID = "AKIA" + "ABCDEFGH12345678"


@pytest.mark.parametrize("make", [service, on_eks])
@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("SERVING_PORT", "no such variable: requests and health checks come to port 8080"),
        ("SAGEMAKER_BIND_TO_PORT", "no such variable: requests and health checks come to port 8080"),
        ("SERVING_HOST", "no such variable: requests come from outside"),
        ("SERVING_MODEL_DIR", "no such variable: the model is where the backend puts it"),
        ("SERVING_MODEL_S3_URI", "no such variable: the service's `model`"),
    ],
)
def test_what_the_server_relies_on_is_refused_on_both_backends(make: Any, name: str, accepted: str) -> None:
    with pytest.raises(ValueError, match=f"environment.{name}: '9000' is not accepted; accepted: {accepted}"):
        make(environment={name: "9000"})


def test_every_place_and_port_of_the_server_is_among_them() -> None:
    """A variable that is added to the server is either tuning, or refused here."""
    fixed = {"model_dir", "host", "port"}
    options = [value for value in vars(settings).values() if isinstance(value, settings.Option)]
    options += [each for value in vars(settings).values() if isinstance(value, tuple) for each in value
                if isinstance(each, settings.Option)]  # fmt: skip
    names = {name for option in options if option.name in fixed for name in option.variables}
    assert names >= {"SERVING_PORT", "SERVING_HOST", "SERVING_MODEL_DIR"}
    for name in names:
        with pytest.raises(ValueError, match="no such variable"):
            service(environment={name: "x"})


@pytest.mark.parametrize("name", ["SERVING_DRAIN_SECONDS", "SERVING_KEEP_ALIVE_SECONDS"])
def test_what_pods_set_themselves_is_refused_on_eks_alone(name: str) -> None:
    service(environment={name: "5"})
    with pytest.raises(ValueError, match=r"which sets it by eks\.longest_request_s"):
        on_eks(environment={name: "5"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_SESSION_TOKEN", "x"),
        ("ANYTHING", f"id={KEY_ID}"),
        ("PEM", "-----BEGIN RSA PRIVATE KEY-----\nabc"),
    ],
)
def test_credentials_are_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"\(not shown\)") as refused:
        service(environment={name: value})
    (problem,) = refused.value.errors()  # type: ignore[attr-defined]
    assert value not in problem["msg"]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DB_PASSWORD", True), ("HF_TOKEN", True), ("API_KEY", True), ("apikey", True), ("CLIENT_SECRET", True),
        ("GOOGLE_CREDENTIALS", True), ("PASSWORD_FILE", False), ("SECRET_ARN", False), ("MAX_TOTAL_TOKENS", False),
        ("TOKENIZERS_PARALLELISM", False), ("MONKEY", False), ("SERVING_INFERENCE_THREADS", False),
    ],
)  # fmt: skip
def test_names_that_say_secret_are_reported(tmp_path: Path, name: str, secret: bool) -> None:  # noqa: FBT001
    text = with_line(SERVICE, "image: {build: serving}", f"image: {{build: serving}}\n    environment: {{{name}: abc}}")
    found = list(advice(load_project(write_project(tmp_path, service=text))))
    assert [f"services.triage.environment.{name}: looks like a secret" in each for each in found] == [True] * secret
    assert not any("abc" in each for each in found)
    assert len(list(advise_on_variables(service(environment={name: "abc"})))) == secret


@pytest.mark.parametrize("tag", ["latest", "latest-arm64", "stable", "main", "nightly-py311"])
def test_a_tag_that_moves_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="a tag that stays with its image"):
        Image(uri=f"111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:{tag}")


@pytest.mark.parametrize("end", [":1.4.0", ":local", ":mainline", ":3f2c1a9", f"@sha256:{'ab' * 32}", "/latest:1"])
def test_a_tag_that_stays_is_taken(end: str) -> None:
    Image(uri=f"111122223333.dkr.ecr.us-east-1.amazonaws.com/serving{end}")


@pytest.mark.parametrize("key", ["*", "a?", "${aws:username}"])
def test_a_models_key_matches_no_other_in_a_policy(key: str) -> None:
    for source in ({"s3_uri": f"s3://bucket/{key}/model.tar.gz"}, {"s3_prefix": f"s3://bucket/{key}/"}):
        with pytest.raises(ValueError, match=r"without \*, \? and \$\{…\}"):
            ModelSource.model_validate(source)


@pytest.mark.parametrize(
    ("pods", "key"), [({"cpu": "49m", "memory": "1Gi"}, "cpu"), ({"cpu": "50m", "memory": "63Mi"}, "memory")]
)
def test_a_pod_has_what_a_server_starts_in(pods: dict[str, str], key: str) -> None:
    with pytest.raises(ValueError, match=f"{key}: .* or more: a server"):
        Pods.model_validate(pods)
    Pods.model_validate({"cpu": "50m", "memory": "64Mi"})


def test_an_availability_leaves_errors_to_alarm_on() -> None:
    Objectives(availability=99.999)
    with pytest.raises(ValueError, match=r"less than or equal to 99\.999"):
        Objectives(availability=99.9999999)


def test_variants_differ_in_more_than_case() -> None:
    with pytest.raises(ValueError, match="names that differ in more than upper and lower case"):
        service(variants={"Main": {}, "main": {}})


@pytest.mark.parametrize(("most", "taken"), [(2, True), (5, False)])
def test_serverless_has_no_number_of_instances(most: int, taken: bool) -> None:  # noqa: FBT001
    settings_of = {
        "scaling": {"min": most, "max": most},
        "sagemaker": {"serverless": {"memory_mb": 2048}},
        "objectives": {"latency_p99_ms": 100},
    }
    if taken:
        service(**settings_of)
        return
    with pytest.raises(ValueError, match="no scaling bounds: max_concurrency is the bound with serverless"):
        service(**settings_of)


def problem_of(root: Path, environment: str, text: str = SERVICE) -> str:
    with pytest.raises(ConfigError) as refused:
        load_project(write_project(root, environment=environment, service=text))
    return str(refused.value)


def with_limits(kind: str) -> str:
    return with_line(
        ENVIRONMENT, "purpose: development", f"limits: {{instances: {{{kind}: 3}}}}\n    purpose: development"
    )


def test_a_limit_is_of_a_type_that_there_is(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, with_limits("ml.c7i.lrage"))
    assert "limits.instances.ml.c7i.lrage: `3`; accepted: instance types that SageMaker hosts models on" in problem
    assert "did you mean `ml.c7i.large`?" in problem


IN_TWO_REGIONS = with_line(
    ENVIRONMENT,
    "purpose: development",
    "regions: {eu-west-1: {network: {availability_zones: [eu-west-1a, eu-west-1b]}BUCKET}}\n    purpose: development",
)
FROM_S3 = with_line(SERVICE, "{path: model/}", "{s3_uri: s3://models-1/a/model.tar.gz}")


def test_a_bucket_is_in_one_region(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, IN_TWO_REGIONS.replace("BUCKET", ""), FROM_S3)
    assert "regions.eu-west-1.services.triage.model.s3_uri: `'s3://models-1/a/model.tar.gz'`" in problem
    assert "accepted: a bucket in eu-west-1: dev names this one in us-east-1" in problem


def test_each_region_may_have_its_bucket(tmp_path: Path) -> None:
    own = ", services: {triage: {model: {s3_uri: s3://models-2/a/model.tar.gz}}}"
    load_project(write_project(tmp_path, environment=IN_TWO_REGIONS.replace("BUCKET", own), service=FROM_S3))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "region: us-esat-1",
            "region: `'us-esat-1'`; accepted: a region of AWS's, such as us-east-1 (did you mean us-west-1 or us-e",
        ),
        ("region: us-east-9", "region: `'us-east-9'`; accepted: a region of AWS's"),
    ],
)
def test_a_region_is_one_of_awss(tmp_path: Path, written: str, problem: str) -> None:
    assert problem in problem_of(tmp_path, with_line(ENVIRONMENT, "region: us-east-1\n", f"{written}\n"))


def test_another_region_and_a_zone_are_too(tmp_path: Path) -> None:
    second = with_line(ENVIRONMENT, "purpose: development", "regions: {eu-wset-1: {}}\n    purpose: development")
    assert "8: regions.eu-wset-1: `'eu-wset-1'`; accepted: a region of AWS's" in problem_of(tmp_path / "a", second)
    zone = with_line(ENVIRONMENT, "[us-east-1a, us-east-1b]", "[us-east-1a, us-east-1z]")
    assert "accepted: zones of us-east-1, from us-east-1a to at most us-east-1f" in problem_of(tmp_path / "b", zone)


@pytest.mark.parametrize(
    ("block", "reported"), [("8.8.0.0/16", True), ("10.1.0.0/16", False), ("100.64.0.0/16", False)]
)
def test_addresses_of_others_are_reported(tmp_path: Path, block: str, reported: bool) -> None:  # noqa: FBT001
    text = with_line(ENVIRONMENT, "network:\n", f"network:\n      cidr: {block}\n")
    found = list(advice(load_project(write_project(tmp_path, environment=text))))
    assert ["network.cidr: 8.8.0.0/16 are public addresses" in each for each in found] == [True] * reported


def test_many_accelerated_instances_without_a_limit_are_reported(tmp_path: Path) -> None:
    text = with_line(with_line(SERVICE, "ml.c7i.large", "ml.p5.48xlarge"), "max: 20", "max: 1000")
    (found,) = advice(load_project(write_project(tmp_path / "without", service=text)))
    assert "limits.instances: names no ml.p5.48xlarge, of which services may scale to 1000" in found
    limited = with_limits("ml.p5.48xlarge").replace(": 3}}", ": 3000}}")
    assert not list(advice(load_project(write_project(tmp_path / "with", service=text, environment=limited))))
