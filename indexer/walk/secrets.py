"""Files that hold credentials by their name, and texts that hold a private key."""

from __future__ import annotations

import re

_NAMES = frozenset({
    ".env", ".envrc", ".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".npmrc",
    ".pypirc", ".htpasswd", ".htdigest", ".git-credentials", ".dockercfg", ".dockerconfigjson", ".s3cfg",
    ".boto", ".fetchmailrc", ".vault-token", ".vault_pass", ".vault_password", ".terraformrc", "terraform.rc",
    "credentials.tfrc.json", "rclone.conf", ".rclone.conf", "master.key", "kubeconfig", ".kubeconfig",
    "local.settings.json", "credentials.json", "application_default_credentials.json", "accesstokens.json",
    "access_tokens.db", "credentials.db", ".bash_history", ".zsh_history", ".sh_history", ".psql_history",
    ".mysql_history", ".sqlite_history", ".rediscli_history", ".python_history", ".node_repl_history",
    ".irb_history", "secrets.yml", "secrets.yaml", "secrets.json", "secrets.toml", "secrets.ini",
})  # fmt: skip
_ENDINGS = (
    ".pem", ".key", ".p12", ".pfx", ".p8", ".pkcs12", ".jks", ".keystore", ".bks", ".kdbx", ".kdb", ".ppk",
    ".keychain", ".agekey", ".tfstate", ".tfstate.backup", ".tfvars", ".tfvars.json", ".env",
)  # fmt: skip
_HARMLESS_ENDINGS = (".example", ".sample", ".template", ".dist", ".tmpl", ".tpl", ".defaults", ".pub")
_HARMLESS_ENV = frozenset({"example.env", "sample.env", "template.env"})
_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube"})
_IN_FOLDER = frozenset({
    (".docker", "config.json"), (".cargo", "credentials"), (".cargo", "credentials.toml"),
    (".gem", "credentials"), ("gh", "hosts.yml"), ("gcloud", "legacy_credentials"),
})  # fmt: skip
_NAME_SHAPE = re.compile(
    r"\.env\..+"
    r"|id_(?:rsa|dsa|ecdsa|ed25519|xmss)(?:_sk)?[\w-]*(?:\.(?:old|bak|backup|orig|priv|private))?"
    r"|(?:.*[-_.])?service[-_.]?account(?:[-_.].*)?\.json"
    r"|client_secrets?(?:[-_.].*)?\.json"
    r"|.*firebase[-_]adminsdk.*\.json"
    r"|(?:gcp|gcloud|google|aws|azure)[-_](?:credentials?|keys?|secrets?)(?:[-_.].*)?\.(?:json|csv)"
    r"|secring\..*"
)
_PRIVATE_KEY = re.compile(
    r"^[ \t]*-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[ \t]*\r?\n"
    r"(?:[ \t]*(?:[A-Za-z][\w-]*:[^\n]*)?\r?\n){0,8}"  # headers of encrypted and of PGP keys
    r"[ \t]*[A-Za-z0-9+/=]{40,}[ \t]*\r?$",
    re.MULTILINE,
)


def is_secret_path(path: str) -> bool:
    """Whether a file most likely holds credentials, going by its POSIX path alone."""
    folder, _, name = path.lower().rpartition("/")
    if name in _NAMES or name.endswith(_ENDINGS) or _NAME_SHAPE.fullmatch(name):
        return not name.endswith(_HARMLESS_ENDINGS) and name not in _HARMLESS_ENV
    parent = folder.rpartition("/")[2]
    return (parent in _FOLDERS or (parent, name) in _IN_FOLDER) and not name.endswith(_HARMLESS_ENDINGS)


def contains_private_key(text: str) -> bool:
    """Whether a text holds a private key itself: its first line and, on lines of its own, its encoded body.

    A mention of the first line, as in code that looks for keys, is none.
    """
    return "PRIVATE KEY" in text and _PRIVATE_KEY.search(text) is not None
