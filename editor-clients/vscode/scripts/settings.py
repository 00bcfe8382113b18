"""Writes the daemon's own settings into package.json, from the rules that the daemon itself checks them by.

Run: python editor-clients/vscode/scripts/settings.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from codeassistd.daemon.host.session_settings import SettingsSource
from codeassistd.daemon.settings import RULES, Settings
from codeassistd.daemon.settings_loading import SettingsError
from codeassistd.daemon.settings_rules import Rule

MANIFEST = Path(__file__).parents[1] / "package.json"
BLOCK = "codeassistd.server"


def properties() -> dict[str, dict[str, object]]:
    """The settings that an editor may set, as package.json declares settings."""
    defaults = Settings()
    found = {}
    for order, (key, rule) in enumerate(RULES.items()):
        if _may_be_set_by_an_editor(key, defaults.value(key)):
            found[f"codeassistd.{key}"] = {
                **_shape(rule),
                "default": _plain(defaults.value(key)),
                "order": order,
                "scope": _scope(key, rule),
                "description": f"{rule.description}.",
            }
    return found


def with_settings(manifest: str) -> str:
    """The text of package.json with the settings as they should be."""
    document = json.loads(manifest)
    (block,) = (each for each in document["contributes"]["configuration"] if each.get("id") == BLOCK)
    block["properties"] = properties()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _may_be_set_by_an_editor(key: str, value: object) -> bool:
    try:
        SettingsSource().override(object(), {key: _plain(value)})
    except SettingsError:
        return False
    return True


def _shape(rule: Rule) -> dict[str, object]:
    match rule.kind:
        case "flag":
            return {"type": "boolean"}
        case "integer" | "number":
            return {"type": rule.kind, **_limits(rule)}
        case "choice":
            return {"type": "string", "enum": list(rule.choices)}
        case "globs" | "words":
            return {"type": "array", "items": {"type": "string"}}
        case _:
            return {"type": "string"}


def _limits(rule: Rule) -> dict[str, object]:
    limits = {"minimum": rule.minimum, "maximum": rule.maximum}
    number = int if rule.kind == "integer" else float
    return {name: number(limit) for name, limit in limits.items() if limit != float("inf")}


def _scope(key: str, rule: Rule) -> str:
    """Where it may be set: what only the user may decide is no business of a workspace's settings."""
    return "window" if rule.in_workspace or key.startswith("search.") else "machine"


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def main() -> int:
    """Write package.json, or with --check tell whether it is as it should be."""
    manifest = MANIFEST.read_text(encoding="utf-8")
    wanted = with_settings(manifest)
    if "--check" in sys.argv[1:]:
        return int(manifest != wanted)
    MANIFEST.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
