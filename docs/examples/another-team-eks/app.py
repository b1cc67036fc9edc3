"""The same on EKS: `pip install "CONSTRUCTS[eks]"` of the folder, then `cdk synth --app "python app.py"`."""

from pathlib import Path

from aws_cdk import App, Environment, Stack

from inference_constructs import (
    AccessLogBucket,
    AlarmSettings,
    AlarmTopic,
    Clusters,
    ContainerImage,
    EksService,
    EncryptionKey,
    InferenceCluster,
    Ingress,
    LoadBalancer,
    MetricsPipeline,
    ModelData,
    Network,
    NodePool,
    Objectives,
    Pods,
    PodVariant,
    Retention,
    Scaling,
    ServiceNetwork,
)

app = App()
target = Environment(account="111122223333", region="eu-west-1")
network = Network(cidr="10.20.0.0/16", availability_zones=("eu-west-1a", "eu-west-1b", "eu-west-1c"), nat_gateways=3)
clusters = Clusters(
    node_pools=(NodePool(name="cpu", max_cpus=128),),
    load_balancer=LoadBalancer(domain_name="models.example.com", hosted_zone_id="Z0123456789ABC"),
)

# What services share: the key, where alarms go, the network, and the cluster.
shared = Stack(app, "Shared", env=target)
key = EncryptionKey(shared, "Key", alias="fraud").key
topic = AlarmTopic(shared, "Alarms", encryption_key=key, emails=["fraud-on-call@example.com"]).topic
retention = Retention(encryption_key=key)
vpc = ServiceNetwork(shared, "Network", network=network, retention=retention).vpc
access_logs = AccessLogBucket(shared, "AccessLogs", retention_days=90).bucket
cluster = InferenceCluster(
    shared,
    "Cluster",
    cluster_name="fraud",
    clusters=clusters,
    vpc=vpc,
    vpc_cidr=network.cidr,
    retention=retention,
    tags={"team": "fraud"},
)
MetricsPipeline(
    shared,
    "Metrics",
    cluster=cluster.cluster,
    images=clusters.images,
    rollout_token=cluster.handle.rollout_token,
).node.add_dependency(cluster.nodes)

# One service: its pods, its load balancer, and its alarms.
stack = Stack(app, "Fraud", env=target)
image = ContainerImage.from_uri(stack, "Image", uri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/fraud:3")
model = ModelData.from_folder(stack, "Model", folder=Path("model"))
EksService(
    stack,
    "Service",
    cluster=cluster.handle,
    service_name="fraud",
    variants=[PodVariant(name="main", weight=1, image=image, model=model, scaling=Scaling(min=3, max=30, target=8))],
    pods=Pods(cpu="2", memory="4Gi"),
    loader_image=image,
    ingress=Ingress(load_balancer=clusters.load_balancer, access_logs=access_logs),
    retention=retention,
    objectives=Objectives(latency_p99_ms=100, availability=99.9),
    alarm_settings=AlarmSettings(topic=topic, name_prefix="fraud"),
)
app.synth()
