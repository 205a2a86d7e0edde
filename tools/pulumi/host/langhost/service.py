"""``pulumirpc.LanguageRuntime``, as far as previews, updates, ``pulumi install`` and ``pulumi about`` need it."""

# ruff: noqa: N802, ARG002  # names and arguments are the protocol's

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from langhost import install, program
from langhost.environment import Environment, UnusableEnvironmentError


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """The service. ``executor`` is the SDK's exec script, ``engine`` the address that the CLI listens on."""

    def __init__(self, executor: Path, engine: str, programs: program.Programs) -> None:
        self.executor = executor
        self.engine = engine
        self.programs = programs

    def Handshake(self, request: Any, context: Any) -> Any:
        self.engine = request.engine_address or self.engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        packages = [
            plugin_pb2.PackageDependency(
                name=package.name,
                kind="resource",
                version=package.version,
                server=package.server,
                parameterization=_parameterization(package.parameterization),
            )
            for package in _environment(request.info, context).pulumi_packages()
        ]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def About(self, request: Any, context: Any) -> Any:
        environment = _environment(request.info, context)
        try:
            return language_pb2.AboutResponse(executable=environment.python, version=environment.version)
        except UnusableEnvironmentError as fault:
            _refuse(context, fault)

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        found = _environment(request.info, context).dependencies(transitive=request.transitiveDependencies)
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=d.name, version=d.version) for d in found]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        folder = Path(request.info.program_directory or request.directory)
        try:
            for line in install.dependencies(_environment(request.info, context), folder):
                yield language_pb2.InstallDependenciesResponse(stdout=line)
        except UnusableEnvironmentError as fault:
            _refuse(context, fault)

    def Run(self, request: Any, context: Any) -> Any:
        environment = _environment(request.info, context)
        try:
            command = program.command(self.executor, self.engine, environment, request)
        except UnusableEnvironmentError as fault:
            return language_pb2.RunResponse(error=str(fault))
        running = self.programs.start(command, program.variables(environment, request))
        if running is None:
            return language_pb2.RunResponse(bail=True)
        status = _wait(running, context)
        if self.programs.finished(running):
            return language_pb2.RunResponse(bail=True)
        return _answer(status)

    def Cancel(self, request: Any, context: Any) -> Any:
        self.programs.end_all()
        return empty_pb2.Empty()


def _wait(running: program.Popen, context: Any) -> int:
    def call_ended() -> None:
        if running.poll() is None:
            program.end(running)

    if not context.add_callback(call_ended):
        program.end(running)
    return running.wait()


def _answer(status: int) -> Any:
    if status == 0:
        return language_pb2.RunResponse()
    if status == program.ALREADY_SHOWN:
        return language_pb2.RunResponse(bail=True)
    if status < 0:
        return language_pb2.RunResponse(error=f"Program was ended by signal {-status}")
    return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {status}")


def _environment(info: Any, context: Any) -> Environment:
    options = json_format.MessageToDict(info.options) if info.HasField("options") else {}
    try:
        return Environment(info.root_directory or info.program_directory, options)
    except UnusableEnvironmentError as fault:
        _refuse(context, fault)


def _refuse(context: Any, fault: UnusableEnvironmentError) -> NoReturn:
    # It raises itself, which its type does not say.
    raise context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(fault))


def _parameterization(described: dict[str, str] | None) -> Any:
    if described is None:
        return None
    return json_format.ParseDict(described, plugin_pb2.PackageParameterization())
