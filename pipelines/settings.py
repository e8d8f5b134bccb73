"""What a folder was last run with, and what is set otherwise now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.folder import OutputFolder

if TYPE_CHECKING:
    from pipelines.profile import Profile


def profile_of_last_run(folder: OutputFolder, *, finished: bool = True) -> Profile | None:
    """The profile of the run that `last_run` finds, None where none is on record; raises `ProfileError` where
    this version does not understand it."""
    from pipelines.profile import Profile, ProfileError

    run = last_run(folder, finished=finished)
    if run is None:
        return None
    try:
        known = {name: run["profile"][name] for name in Profile.__struct_fields__ if name in run["profile"]}
        return msgspec.convert(known, Profile)
    except msgspec.ValidationError as error:
        raise ProfileError(
            f"the newest run in {folder.root} had settings of another version ({error}): name its profile"
        ) from error


def last_profile(folder: OutputFolder) -> dict[str, Any]:
    """The settings of the newest run that computed anything and came to its end; empty where none is on
    record."""
    run = last_run(folder)
    return dict(run["profile"]) if run is not None and run["finished"] else {}


def last_run(folder: OutputFolder, *, finished: bool = True) -> dict[str, Any] | None:
    """The record of the newest run that computed anything. With `finished` one that came to its end, where
    there is one: what is published is as that has left it."""
    newest: dict[str, Any] | None = None
    for path in sorted(folder.runs.glob("[!.]*.json"), reverse=True):
        run: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        newest = newest or run
        if run["finished"] or not finished:
            return run
    return newest


def told_of(run: dict[str, Any]) -> str:
    """A run and its main settings, in one line."""
    profile = run["profile"]
    named = {name: _name(profile.get(name)) for name in ("source", "limit", "chat", "drawing")}
    said = ", ".join(f"{name} {value}" for name, value in named.items())
    end = "" if run["finished"] else ", which did not come to its end"
    return f"by the settings of the newest run, {run['run']}{end}: {said}"


def _name(value: Any) -> str:
    """What stands for a table: the model in it."""
    return str(value.get("model", value)) if isinstance(value, dict) else str(value)


def settings_changed(folder: OutputFolder, profile: Profile) -> list[str]:
    """What a profile says otherwise than that of the newest finished run, ``limit 2 -> 0``; fields that this
    one did not know yet are left out."""
    from pipelines.status import changes  # heavy: `show` needs the other function alone

    before = last_profile(folder)
    after = msgspec.to_builtins(profile)
    return changes(before, {name: value for name, value in after.items() if name in before})
