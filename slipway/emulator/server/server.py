"""The server process: ministack, moto and the data plane behind one loopback port."""

import argparse
import asyncio
import logging
import random
import threading
from pathlib import Path

import uvicorn

from slipway.emulator import vendor
from slipway.emulator.alarms.clock import AlarmClock
from slipway.emulator.cloudformation.install import install
from slipway.emulator.cloudformation.resource_type import ApiClient
from slipway.emulator.common.asgi import App, Message, Receive, Scope, Send
from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import HOST, MINUTE_SECONDS, Workspace
from slipway.emulator.data_plane.invoke import Invoker
from slipway.emulator.data_plane.metrics import InvocationMetrics
from slipway.emulator.data_plane.utilization import Utilization
from slipway.emulator.kubernetes.api.clock import Clock
from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane
from slipway.emulator.kubernetes.load_balancing.metrics import TrafficMetrics
from slipway.emulator.sagemaker.api import HostingApi
from slipway.emulator.sagemaker.endpoints import Endpoints
from slipway.emulator.sagemaker.scaling import ScaledVariants, ScalingApi
from slipway.emulator.sagemaker.status import describe
from slipway.emulator.sagemaker.traffic_shifting import Shifter
from slipway.emulator.server.gateway import Gateway


def application(workspace: Workspace, minute_seconds: float) -> App:
    """The embedded AWS of this process, as an ASGI application. Call it once: the emulators' state is global.

    Args:
        workspace: Where it is.
        minute_seconds: How many seconds a minute of a rollout lasts.
    """
    vendor.verify()
    alarms = AlarmClock()
    vendor.shorten_waits(Clock(minute_seconds).seconds)
    plane = KubernetesPlane(workspace, minute_seconds)
    install(ApiClient(workspace), plane)
    s3, cloudwatch = client("s3", workspace), client("cloudwatch", workspace)
    metrics = InvocationMetrics(cloudwatch)
    shifter = Shifter(cloudwatch=cloudwatch, metrics=metrics, minute_seconds=minute_seconds, stopping=threading.Event())
    endpoints = Endpoints(workspace, s3, shifter)
    HostingApi.endpoints, HostingApi.s3, HostingApi.scaled = endpoints, s3, ScaledVariants()
    ScalingApi.endpoints = endpoints
    balancing = TrafficMetrics(cloudwatch, plane.census)
    plane.on_exchange = balancing.add
    utilization = Utilization(cloudwatch, endpoints.servers)
    # Which variant answers has to be spread by weight, not to be a secret.
    invoker = Invoker(endpoints, metrics, random.Random())  # noqa: S311
    front = Gateway(
        port=workspace.port,
        ministack=vendor.ministack_app,
        moto={"sagemaker": HostingApi, "application-autoscaling": ScalingApi},
        invoker=invoker,
        status=lambda: describe(endpoints) | plane.status(),
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await front(scope, receive, send)
            return

        async def send_and_act(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                metrics.start()
                utilization.start()
                balancing.start()
                alarms.start()
            elif message["type"] == "lifespan.shutdown.complete":
                metrics.stop()
                utilization.stop()
                balancing.stop()
                alarms.stop()
                await invoker.close()
                endpoints.stop()
                await asyncio.to_thread(plane.stop)
            await send(message)

        await front(scope, receive, send_and_act)

    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m slipway.emulator.server.server", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--minute-seconds", type=float, default=MINUTE_SECONDS)
    arguments = parser.parse_args()
    workspace = Workspace(port=arguments.port, folder=arguments.folder)
    app = application(workspace, arguments.minute_seconds)
    logging.getLogger("slipway").setLevel(logging.INFO)
    uvicorn.run(
        app,
        host=HOST,
        port=workspace.port,
        log_config=None,
        access_log=False,
        # Each of the applications behind the front sends its own; SDKs can not read a doubled date.
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
