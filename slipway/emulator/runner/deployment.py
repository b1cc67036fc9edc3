"""From nothing to an endpoint that answers: the server process, the bootstrap, the deployment."""

from pathlib import Path

from rich.console import Console

from slipway.emulator.common.workspace import MINUTE_SECONDS, REGION, Workspace
from slipway.emulator.runner import instance
from slipway.emulator.runner.backends.backend import shown_path
from slipway.emulator.runner.backends.registry import backends
from slipway.emulator.runner.cdk import ENVIRONMENT, Cdk, Synthesis
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.selection import select


def bring_up(
    workspace: Workspace, project: Path, steps: ProgressSteps, minute_seconds: float = MINUTE_SECONDS
) -> Running:
    """Start an embedded AWS and deploy the local environment to it.

    Args:
        workspace: Where it is to be.
        project: The project that has the environment.
        steps: Told how it goes on.
        minute_seconds: How many seconds a minute of a rollout lasts.

    Raises:
        InstanceError: The server process can not be started.
        CdkError: The synthesis, the bootstrap or the deployment failed. The server process goes on running.
        NotInServiceError: An endpoint did not come into service.
    """
    instance.prepare(workspace)
    cdk = Cdk(workspace, project)
    # The longest step needs nothing of the others, so it begins first.
    with cdk.synthesis() as synthesis:
        with steps.step("Starting the embedded AWS") as step:
            running = instance.start(workspace, progress=step.say, minute_seconds=minute_seconds)
            step.result = f" at {workspace.url}, one process ({running.identity.pid}) on 127.0.0.1"
        _deploy(cdk, synthesis, steps)
    _wait_until_in_service(workspace, steps)
    return running


def redeploy(running: Running, project: Path, steps: ProgressSteps) -> None:
    """Deploy what has changed to an embedded AWS that runs.

    Raises:
        CdkError: The synthesis or the deployment failed.
        NotInServiceError: An endpoint did not come into service.
    """
    cdk = Cdk(running.workspace, project)
    with cdk.synthesis() as synthesis:
        _deploy(cdk, synthesis, steps)
    _wait_until_in_service(running.workspace, steps)


def deploy_assembly(running: Running, assembly: Path, steps: ProgressSteps) -> None:
    """Deploy a cloud assembly that was synthesised before.

    Raises:
        CdkError: The deployment failed.
        NotInServiceError: An endpoint did not come into service.
    """
    cdk = Cdk(running.workspace)
    _bootstrap(cdk, steps)
    with steps.step("Deploying with the CDK command line") as step:
        cdk.deploy(step.say, assembly)
    _wait_until_in_service(running.workspace, steps)


def _deploy(cdk: Cdk, synthesis: Synthesis, steps: ProgressSteps) -> None:
    _bootstrap(cdk, steps)
    with steps.step("Synthesising the templates and packing the models") as step:
        seconds = synthesis.wait(step.say)
        step.result = f" (in the background, {seconds:.1f} s in all)"
    with steps.step("Deploying the environment `local` with the CDK command line") as step:
        cdk.deploy(step.say)


def _bootstrap(cdk: Cdk, steps: ProgressSteps) -> None:
    if not cdk.is_bootstrapped():
        with steps.step("Bootstrapping its account with the CDK command line") as step:
            cdk.bootstrap(step.say)


def _wait_until_in_service(workspace: Workspace, steps: ProgressSteps) -> None:
    for backend in backends():
        backend.wait_until_in_service(workspace, steps)


def show_usage(running: Running, project: Path, console: Console) -> None:
    """Say how to call what is deployed of a project, and how to stop it."""
    workspace = running.workspace
    console.print("\n[bold]Call it[/] with any AWS client that is pointed there by")
    console.print(f"\n  {exports(workspace)}", highlight=False, soft_wrap=True)
    services = select(project, ENVIRONMENT, needs_services=False).services
    for backend in backends():
        backend.show_usage(workspace, [each for each in services if each.backend == backend.name], console)
    console.print("\n[bold]See[/] it with `make status`, deploy a change with `make up`, stop it with `make down`.")
    console.print(f"Logs: {shown_path(workspace.log)} and {shown_path(workspace.folder / 'logs')}", highlight=False)


def exports(workspace: Workspace) -> str:
    """The line for a shell that points AWS clients at an embedded AWS; SDKs differ in which region they read."""
    return (
        f"export AWS_ENDPOINT_URL={workspace.url} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "
        f"AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}"
    )
