"""What a backend adds to the configuration: a service's settings, an environment's, and the rules for both."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from inference_constructs.config.errors import Finding, KeyPath
from inference_constructs.config.models.base import ConfigModel
from inference_constructs.config.models.environment import Environment, EnvironmentSettings
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.service import Service
from inference_constructs.config.rules.advice import Advice
from inference_constructs.config.rules.quotas import Needs

ServiceT = TypeVar("ServiceT", bound=Service)


class BackendConfig(ABC, Generic[ServiceT]):
    """One backend as YAML files know it. `backends.py` registers those that there are.

    Attributes:
        name: The value of `backend:`, and the key of the backend's own settings in a service and in an environment.
        service: What a service on it is read into. It has the settings under the backend's name.
        settings: What these settings are read into. Other backends' services may have them too, so that a service moves
            from one backend to another by one word.
        settings_description: What editors show for that key.
        environment_settings: What an environment's settings are read into, None if it has none.
        environment_description: What editors show for that key.
    """

    name: ClassVar[str]
    service: type[ServiceT]
    settings: ClassVar[type[ConfigModel]]
    settings_description: ClassVar[str]
    environment_settings: ClassVar[type[ConfigModel] | None] = None
    environment_description: ClassVar[str] = ""

    @abstractmethod
    def check_service(self, service: ServiceT) -> None:
        """Refuse a service that the backend cannot serve.

        Raises:
            RuleError: The first rule that is broken.
        """

    @abstractmethod
    def needs(self, service: ServiceT, environment: Environment) -> Needs:
        """The most that a service of an environment may have at once, to compare with the account's quotas."""

    def check_settings(self, environment: EnvironmentSettings) -> None:
        """Refuse settings of an environment that do not go with its others. By default there is nothing to refuse.

        Raises:
            RuleError: The first rule that is broken.
        """

    def check_environment(self, environment: Environment) -> None:
        """Refuse services that do not go with their environment. By default there is nothing to refuse.

        Raises:
            RuleError: The first rule that is broken.
        """

    def findings(self, environment: Environment) -> Iterable[Finding]:
        """Find what several services name that cannot be used in the environment. By default there is nothing."""
        del environment
        return ()

    def findings_together(self, environments: Sequence[Environment]) -> Iterable[tuple[Environment, Finding]]:
        """Find what environments, each in one of its regions, may not have in common. By default there is nothing."""
        del environments
        return ()

    def advice(self, environment: Environment) -> Iterable[Advice]:
        """What the environment may say, and what it costs on a bad day. By default there is nothing to report."""
        del environment
        return ()

    def images(self, environment: EnvironmentSettings) -> Iterable[tuple[KeyPath, Image]]:
        """Images that the environment's settings name, each with its keys, for those that are built to be there."""
        del environment
        return ()
