"""What a folder was last run with, and what is set otherwise now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pipelines.folder import OutputFolder

if TYPE_CHECKING:
    from pipelines.profile import Profile


def profile_of_last_run(folder: OutputFolder) -> Profile | None:
    """The profile that the folder was brought up to date with, None where no run is on record; raises
    `ProfileError` where this version does not understand it."""
    from pipelines.profile import Profile, ProfileError

    said = last_profile(folder)
    try:
        known = {name: said[name] for name in Profile.__struct_fields__ if name in said}
        return msgspec.convert(known, Profile) if said else None
    except msgspec.ValidationError as error:
        raise ProfileError(
            f"the newest run in {folder.root} had settings of another version ({error}): name its profile"
        ) from error


def last_profile(folder: OutputFolder) -> dict[str, Any]:
    """The profile of the newest run that computed anything and came to its end; empty where none is on
    record."""
    for path in sorted(folder.runs.glob("[!.]*.json"), reverse=True):
        record = msgspec.json.decode(path.read_bytes())
        if record["finished"]:
            return dict(record["profile"])
    return {}


def settings_changed(folder: OutputFolder, profile: Profile) -> list[str]:
    """What a profile says otherwise than that of the newest run, ``limit 2 -> 0``; fields that this one did
    not know yet are left out."""
    from pipelines.status import changes  # heavy: `show` needs the other function alone

    before = last_profile(folder)
    after = msgspec.to_builtins(profile)
    return changes(before, {name: value for name, value in after.items() if name in before})
