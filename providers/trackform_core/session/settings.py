"""Settings of one account: where the services are, and with which keys."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from trackform_core.http.keys import Key
from trackform_core.model.service import Endpoint, Service
from trackform_core.model.vendors import NotInstalled, endpoints


@dataclass(frozen=True)
class Reach:
    """The address of an endpoint, and its key; both may be empty."""

    url: str
    key: Key


@dataclass(frozen=True)
class Settings:
    """Where the services are and with which keys, for one account."""

    reaches: Mapping[str, Reach]
    """By the endpoint's name."""
    account: str = "default"
    """Its name: that of the stack, in the program of this project."""

    def url(self, service: Service) -> str:
        """Empty for a bridge that nobody set up."""
        return self._reach(service).url

    def key(self, service: Service) -> Key:
        return self._reach(service).key

    def _reach(self, service: Service) -> Reach:
        """Only of what is installed: a service that no vendor names has objects that nobody guards."""
        if service.endpoint.name not in self.reaches:
            raise NotInstalled(f"no vendor of trackform's installation has the service {service.name}")
        return self.reaches[service.endpoint.name]


def variable_suffix(account: str) -> str:
    """The ending of the variable of a key that is of one account alone."""
    return "__" + re.sub(r"[^A-Z0-9]", "_", account.upper())


def find_key(account: str, endpoint: Endpoint, config: Mapping[str, str]) -> Key:
    """The key for an account: ``<VARIABLE>__<ACCOUNT>``, then ``<VARIABLE>``, then the config secret.

    The environment comes first because refresh and destroy see the config of the last update, not today's.
    """
    variable, setting = endpoint.key_variable, endpoint.key_setting
    for name in (variable + variable_suffix(account), variable):
        if os.environ.get(name, "").strip():
            return Key(os.environ[name].strip(), f"the environment variable {name}", variable=name)
    return Key(config.get(setting, "").strip(), f"the config secret trackform:{setting}", setting=setting)


def give_a_key(account: str, endpoint: Endpoint) -> str:
    """What a person does who has none set. A refresh reads with the configuration of the last `pulumi up`."""
    variable = endpoint.key_variable
    return (
        f"set {variable}{variable_suffix(account)}, or {variable} where all stacks have the same; or run `pulumi "
        f"config set --secret trackform:{endpoint.key_setting}` and `pulumi up --run-program` once"
    )


def settings_of(account: str, config: Mapping[str, str]) -> Settings:
    """Settings of every endpoint, from the environment and the stack's configuration.

    Raises:
        NotInstalled: no vendor says which these are.
    """
    reaches = {
        each.name: Reach(config.get(each.url_setting) or each.default_url, find_key(account, each, config))
        for each in endpoints()
    }
    return Settings(reaches, account)
