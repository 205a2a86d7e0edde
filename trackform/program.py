"""The Pulumi program: this stack's account file as resources. Plain resources, no component parents."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import pulumi

from trackform import resources
from trackform.account_file.compose import SECTIONS, Composition, Ref, Wanted, read_composition
from trackform.account_file.models import SecretRef, pinned
from trackform.account_file.stack_names import known_stacks
from trackform.documents.problems import Problems
from trackform.operator.channels import SECTION as CHANNELS
from trackform.operator.channels import StackKnowledge
from trackform.operator.start import awaited
from trackform.operator.steps import config_secrets, open_steps
from trackform.policy import Policy, read_policy
from trackform.rules import rule_ids
from trackform.rules.gate import errors_of, refusal
from trackform.urls import differences, parse
from trackform_core.account import Account
from trackform_core.dynamic import KindResource
from trackform_core.lifecycle.pending import waits_for_a_person
from trackform_core.model.messages import plan_refused
from trackform_core.model.pulumi_names import NAMESPACE
from trackform_core.model.service import Endpoint
from trackform_core.model.vendors import NotInstalled, endpoints
from trackform_core.no_api.ledger import BrokenLedger, Ledger, ledger_of
from trackform_core.text.shown import fit_to_show

Result = TypeVar("Result")
Confirmed = tuple[Ledger, Mapping[str, str | None]]
"""What people confirmed, and the secrets that a declaration is compared with it by."""

CLASSES: dict[str, type[KindResource]] = {
    section: cls for section, kind in SECTIONS.items() for cls in resources.RESOURCES if cls.provider.kind is kind
}


def run(folder: Path = Path()) -> None:
    """Declare what ``stacks/<stack>.yaml`` says, in the folder in which Pulumi runs programs unless told otherwise.

    Raises:
        pulumi.RunError: with every mistake of the file; nothing was touched.
    """
    _keys_are_secret()
    stacks = folder / "stacks"
    composition = _right("the account file", lambda: _composed(stacks, folder))
    policy = _right("the policy", lambda: read_policy(stacks, rule_ids()))
    breaches = _right("the ledger", lambda: _breaches(composition, policy, stacks))
    if breaches and not pulumi.runtime.is_dry_run():
        # A preview shows the plan first; here there is nothing to be shown, and nothing is to be half-applied.
        raise pulumi.RunError(plan_refused(breaches))
    declare(composition, policy, breaches, declared_elsewhere(stacks, folder / "templates"))


def _breaches(composition: Composition, policy: Policy, stacks: Path) -> list[str]:
    return [refusal(each) for each in errors_of(pulumi.get_stack(), composition, policy, stacks)]


def _composed(stacks: Path, folder: Path) -> Composition:
    return read_composition(stacks / f"{pulumi.get_stack()}.yaml", folder / "templates")


def _right(source: str, work: Callable[[], Result]) -> Result:
    try:
        return work()
    except Problems as problems:
        count = len(problems.problems)
        said = fit_to_show(f"{count} mistake{'s' if count > 1 else ''} in {source}\n{problems}")
        raise pulumi.RunError(said) from None


def _keys_are_secret() -> None:
    for endpoint in _services():
        key = f"{NAMESPACE}:{endpoint.key_setting}"
        if pulumi.runtime.get_config(key) and not pulumi.runtime.is_config_secret(key):
            raise pulumi.RunError(
                f"{key} stands in the clear in the stack's configuration. Take it out with `pulumi config rm {key}`, "
                f"set it with `pulumi config set --secret {key}`, and change the key: whoever has the file has it"
            )


def _services() -> tuple[Endpoint, ...]:
    try:
        return endpoints()
    except NotInstalled as error:
        raise pulumi.RunError(str(error)) from None


def declare(
    composition: Composition,
    policy: Policy | None = None,
    breaches: Iterable[str] = (),
    elsewhere: Mapping[str, Any] | None = None,
) -> dict[Ref, KindResource]:
    """The resources of a composition, and the stack's outputs.

    ``policy`` limits how much one run may change; ``breaches`` of rules are part of a preview's verdict; ``elsewhere``
    is what the project's other stacks declare.
    """
    # Each under its own name: to a type checker it could be any other argument.
    pins: dict[str, Any] = {**pinned(composition.account.file)}
    account = Account(
        inventory=_inventory(composition),
        was=_by_name(composition, lambda wanted: wanted.was or ""),
        protected={kind: sorted(names) for kind, names in _by_name(composition, lambda wanted: wanted.protect).items()},
        references=_by_name(composition, _declared_references),
        elsewhere=elsewhere,
        limits=(policy or Policy()).limits_by_kind(),
        **pins,
    )
    account.refuse(breaches)
    account.declared_at({(each.kind.name, each.name): _place(composition, each) for each in composition.objects})
    made: dict[Ref, KindResource] = {}
    confirmed = _confirmed(composition)
    waiting = _waiting(composition, policy or Policy(), confirmed)
    for wanted in composition.objects:
        fields = {name: _value(value, made) for name, value in wanted.fields.items()}
        if wanted.section == "campaigns" and wanted.name in waiting:
            fields["starts_after"] = waiting[wanted.name]
        made[Ref(wanted.section, wanted.name)] = CLASSES[wanted.section](
            wanted.name, account=account, opts=_options(wanted), **fields
        )
        if wanted.section == "offer_sources":
            _compare_postbacks(composition, wanted, made[Ref(wanted.section, wanted.name)])
    _export(composition, made, confirmed)
    return made


def _place(composition: Composition, wanted: Wanted) -> str:
    file, line = composition.account.document.origin(wanted.where)
    return f"{file}:{line}"


def _waiting(composition: Composition, policy: Policy, confirmed: Confirmed) -> dict[str, list[str]]:
    """Campaign -> what its clicks need before it starts; a bridge makes connections in the same run."""
    if policy.new_campaigns == "running" or pulumi.runtime.get_config(f"{NAMESPACE}:bridgeUrl"):
        return {}
    ledger, secrets = confirmed
    return awaited(composition, ledger, secrets.get)


def _confirmed(composition: Composition) -> Confirmed:
    try:
        ledger = ledger_of(pulumi.get_stack())
    except BrokenLedger as error:
        raise pulumi.RunError(fit_to_show(str(error))) from None
    return ledger, {name: pulumi.runtime.get_config(f"{NAMESPACE}:{name}") for name in config_secrets(composition)}


def _inventory(composition: Composition) -> dict[str, dict[str, str]]:
    """Kind -> {name: natural key}: what the `Account` compares with what it knew."""
    return _by_name(composition, lambda wanted: str(wanted.fields[wanted.kind.key]))


def _declared_references(wanted: Wanted) -> list[str]:
    """The references that follow the file: of what is only referred to, and of what is left alone, none do."""
    if wanted.fields.get("existing"):
        return []
    named = {*wanted.fields, *(wanted.fields.get("unset") or ())} - {*(wanted.fields.get("leave") or ())}
    return [name for name in wanted.kind.references if name in named]


def declared_elsewhere(stacks: Path, templates: Path) -> dict[str, Any]:
    """Stack -> what it declares and on which accounts, for each other stack of the project: what it is not to lose."""
    declared = {}
    for stack in known_stacks(stacks):
        if stack == pulumi.get_stack():
            continue
        try:
            other = read_composition(stacks / f"{stack}.yaml", templates, may_be_empty=True)
        except Problems:
            pulumi.log.warn(
                f"stacks/{stack}.yaml has mistakes (`trackform validate {stack}`), so nobody knows what that stack "
                "declares: what leaves this one is deleted even if it is that one's too, unless it carries its mark"
            )
            continue
        pins = {pin: value for pin, value in pinned(other.account.file).items() if value}
        keys = {kind: sorted(names.values()) for kind, names in _inventory(other).items()}
        declared[stack] = {"pins": pins, "keys": keys}
    return declared


def _by_name(composition: Composition, value: Callable[[Wanted], Result]) -> dict[str, dict[str, Result]]:
    """Kind -> {name: value}, for all objects that have such a value."""
    by_kind: dict[str, dict[str, Result]] = {}
    for wanted in composition.objects:
        if given := value(wanted):
            by_kind.setdefault(wanted.kind.name, {})[wanted.name] = given
    return by_kind


def _options(wanted: Wanted) -> pulumi.ResourceOptions:
    aliases = [pulumi.Alias(name=wanted.was)] if wanted.was else None
    return pulumi.ResourceOptions(protect=wanted.protect or None, aliases=aliases)


def _value(value: Any, made: dict[Ref, KindResource]) -> Any:
    if isinstance(value, Ref):
        return made[value].object_id
    if isinstance(value, SecretRef):
        return pulumi.Config(NAMESPACE).require_secret(value.secret)
    if isinstance(value, list):
        return [_value(item, made) for item in value]
    return value


def _export(composition: Composition, made: dict[Ref, KindResource], confirmed: Confirmed) -> None:
    pulumi.export("offer_urls", composition.offer_urls)
    pulumi.export("postback_urls", composition.postback_urls)
    campaigns = {name: made[Ref("campaigns", name)] for name in composition.account.file.campaigns}
    links = {name: cast("resources.Campaign", campaign).tracking_link for name, campaign in campaigns.items()}
    pulumi.export("tracking_links", links)
    pulumi.export("open_steps", _open_steps(composition, made, confirmed))


def _open_steps(
    composition: Composition, made: dict[Ref, KindResource], confirmed: Confirmed
) -> pulumi.Output[dict[str, Any]]:
    """How much is left for a person to do, and the command that leads through it.

    Whether a service refuses what a person has to do first, only `pulumi up` finds out: while such an object is
    planned, a preview does not know the count.
    """
    stack = pulumi.get_stack()
    ledger, settings = confirmed
    bridge = bool(pulumi.runtime.get_config(f"{NAMESPACE}:bridgeUrl"))
    # Which channels are there counts where a mapping was confirmed of one, under whatever name.
    any_mapped = any(key.startswith(f"{CHANNELS}/") for key in ledger.entries)
    channels_now = composition.account.file.traffic_channels if any_mapped else ()
    mapped = {name: made[Ref(CHANNELS, name)].object_id for name in channels_now}

    def counted(given: list[Any]) -> dict[str, Any]:
        ids, channels = given
        steps = open_steps(
            composition, ledger, secrets=settings.get, bridge=bridge, known=lambda: StackKnowledge(channels)
        )
        waiting = sum(map(waits_for_a_person, ids))
        command = f"trackform operator {stack}" + (" --live" if waiting else "")
        return {"count": len(steps) + waiting, "next": command if steps or waiting else ""}

    may_wait = [resource.object_id for ref, resource in made.items() if SECTIONS[ref.section].awaits]
    return pulumi.Output.all(may_wait, mapped).apply(counted)


def _compare_postbacks(composition: Composition, source: Wanted, resource: KindResource) -> None:
    """Say where the postback URL that RedTrack shows and the composed ones disagree, with the line to change.

    Only the host and the two macros are compared: the rest of RedTrack's URL is its own suggestion.
    """

    def compare(shown: str) -> None:
        for name, url in composition.postback_urls.items():
            if not shown or not _uses(composition, name, source.name):
                continue
            for part in differences(_essence(shown), _essence(url)):
                field = {"?clickid": "clickid", "?sum": "sum"}.get(part.part)
                if part.part == "?sum" and composition.account.file.postbacks[name].sum != "commission":
                    continue
                where = ("offer_sources", source.name, field) if field else ("postbacks", name, "domain")
                problem = composition.account.document.problem(
                    where,
                    f"RedTrack shows another postback URL for this offer source than connection '{name}' has: "
                    f"{part.part} is {part.left}, here {part.right}",
                )
                pulumi.log.warn(fit_to_show(str(problem)))

    cast("resources.OfferSource", resource).postback_url.apply(compare)


def _uses(composition: Composition, postback: str, source: str) -> bool:
    file = composition.account.file
    named = file.postbacks[postback].offer_source
    # A connection with a whole URL may leave open which of several offer sources it belongs to.
    return named == source if named else list(file.offer_sources) == [source]


def _essence(url: str) -> str:
    """Scheme, host, path and the two parameters that carry money."""
    parts = parse(url)
    query = "&".join(f"{name}={value}" for name, value in parts.params if name in ("clickid", "sum"))
    return f"{parts.scheme}://{parts.host}{parts.path}?{query}"
