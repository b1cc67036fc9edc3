"""What environments of one project may not have in common."""

import itertools
from collections.abc import Iterator, Sequence

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.environment import Environment, covers


def check_together(environments: Sequence[Environment]) -> Iterator[tuple[Environment, Finding]]:
    """Find what conflicts between environments.

    Args:
        environments: Every environment of the project, in each of its regions.

    Yields:
        The environment that has to change, with what has to.
    """
    for covering, covered in itertools.permutations(environments, 2):
        if covers(covering, covered):
            accepted = f"a name that does not begin with {covering.name}-, or an account or region of its own"
            yield covered, Finding(path=("name",), found=shown(covered.name), accepted=accepted)
    yield from _shared_channels(environments)


def _shared_channels(environments: Sequence[Environment]) -> Iterator[tuple[Environment, Finding]]:
    """An account configures a Slack channel once, whatever the region.

    The second time Amazon Q Developer answers "Slack channel with ID … in Slack team … has already been configured for
    AWS account …", and the deployment is rolled back.
    """
    taken: dict[tuple[str, str, str], Environment] = {}
    for environment in environments:
        chat = environment.alarm_chat
        if chat is None:
            continue
        first = taken.setdefault((environment.account, chat.slack_workspace_id, chat.slack_channel_id), environment)
        if first is not environment:
            accepted = (
                f"another channel, or null: {first.name} in {first.region} has this one, and Amazon Q Developer"
                f" takes a channel once in an account"
            )
            elsewhere: KeyPath = () if environment.first_region is None else ("regions", environment.region)
            path = (*elsewhere, "alarm_chat", "slack_channel_id")
            yield environment, Finding(path=path, found=shown(chat.slack_channel_id), accepted=accepted)
