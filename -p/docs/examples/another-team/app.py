"""Another team's app: `pip install` Slipway's `constructs/` folder, then `cdk synth --app "python app.py"`."""

from pathlib import Path

from aws_cdk import App, Stack, aws_ec2

from inference_constructs import ContainerImage, ModelData, Objectives, SageMakerEndpoint, Scaling, Variant

app = App()
stack = Stack(app, "Fraud")
SageMakerEndpoint(
    stack,
    "Endpoint",
    endpoint_name="fraud",
    variants=[
        Variant.of(
            model=ModelData.from_folder(stack, "Model", folder=Path("model")),
            image=ContainerImage.from_uri(stack, "Image", uri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/fraud:3"),
            instance_type="ml.c7i.large",
            scaling=Scaling(min=2, max=10, target=8),
        )
    ],
    objectives=Objectives(latency_p99_ms=100, availability=99.9),
    vpc=aws_ec2.Vpc(stack, "Vpc"),
)
app.synth()
