"""The certificate that a service shows its callers."""

from aws_cdk import Stack, aws_certificatemanager
from constructs import Construct

from inference_constructs.config import LoadBalancer
from inference_constructs.eks.ingress.dns import regional_name


def certificate_arn_of(scope: Construct, construct_id: str, *, settings: LoadBalancer, host_name: str) -> str:
    """The environment's certificate, or a new one for this host name and the region's that Route 53 proves.

    ACM looks for the proof in the public DNS, and renews by itself as long as the record is there.

    Args:
        scope: The construct a new certificate belongs to.
        construct_id: Its id there.
        settings: What the environment's load balancers have in common.
        host_name: What callers ask for.

    Raises:
        ValueError: There is neither a certificate nor a hosted zone.
    """
    if settings.certificate_arn is not None:
        return settings.certificate_arn
    if settings.hosted_zone_id is None:
        message = f"{host_name}: no certificate; accepted: certificate_arn, or hosted_zone_id to have one made"
        raise ValueError(message)
    in_region = regional_name(host_name, Stack.of(scope).region)
    return aws_certificatemanager.CfnCertificate(
        scope,
        construct_id,
        domain_name=host_name,
        subject_alternative_names=[in_region],
        validation_method="DNS",
        domain_validation_options=[
            aws_certificatemanager.CfnCertificate.DomainValidationOptionProperty(
                domain_name=name, hosted_zone_id=settings.hosted_zone_id
            )
            for name in (host_name, in_region)
        ],
    ).ref
