"""Which names and texts count as credentials."""

from __future__ import annotations

import base64
import textwrap

import pytest

from codeassistd.indexer.walk.secrets import contains_private_key, is_secret_path

BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"


@pytest.mark.parametrize(
    "path",
    [
        ".env", "app/.ENV", ".env.local", ".env.production", "config/prod.env", ".envrc", "id_rsa",
        "keys/id_ed25519", "id_ed25519_sk", "id_rsa.old", "id_rsa_work", "server.pem", "tls/server.KEY",
        "a.p12", "a.pfx", "a.jks", "a.keystore", "vault.kdbx", ".netrc", "_netrc", ".pgpass", ".npmrc",
        "web/.npmrc", ".pypirc", ".htpasswd", ".git-credentials", ".aws/credentials", ".aws/config",
        ".docker/config.json", ".dockercfg", ".kube/config", ".ssh/known_hosts", ".gnupg/trustdb.gpg",
        ".cargo/credentials.toml", ".config/gh/hosts.yml", "terraform.tfstate", "x.tfstate.backup",
        "prod.tfvars", "prod.auto.tfvars.json", "service-account.json", "gcp/my-service_account-key.json",
        "client_secret_1.json", "app-firebase-adminsdk-x1.json", "credentials.json", "gcp-credentials.json",
        "aws_keys.csv", "config/master.key", "config/secrets.yml", ".streamlit/secrets.toml", ".bash_history",
        "putty.ppk", "application_default_credentials.json",
    ],
)  # fmt: skip
def test_secret_names(path: str) -> None:
    assert is_secret_path(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env.example", ".env.sample", ".env.template", ".env.dist", ".env.local.example", "example.env",
        "environment.py", "env.py", "id_rsa.pub", "id_rsa_parser.py", "keys.py", "key.go", "pem.c",
        "secrets.py", "secrets.go", "secret.ts", "credentials.py", "aws/credentials.go", "docker/config.json",
        "config.json", "kube/config", "service_account.py", "service-account-parser.ts", "client_secret.md",
        "terraform.tf", "prod.tfvars.example", "netrc.c", "npmrc.md", "keyboard.json", "monkey",
        "src/ssh/config", "package.json", "tsconfig.json", "credentials.json.example", "",
    ],
)  # fmt: skip
def test_harmless_names(path: str) -> None:
    assert not is_secret_path(path)


@pytest.mark.parametrize("label", ["", "RSA ", "EC ", "DSA ", "ENCRYPTED ", "OPENSSH ", "ANY "])
@pytest.mark.parametrize(("length", "width"), [(48, 64), (138, 64), (1_200, 64), (400, 70), (1_200, 76)])
def test_keys_wherever_they_are(label: str, length: int, width: int) -> None:
    body = base64.b64encode(bytes(range(7, 256)) * 5)[: -(-length // 3) * 4].decode()
    lines = [body[start : start + width] for start in range(0, len(body), width)]
    key = "\n".join([f"-----BEGIN {label}PRIVATE KEY-----", *lines, f"-----END {label}PRIVATE KEY-----", ""])
    assert contains_private_key(key)
    assert contains_private_key("# my key\n\n" + key.replace("\n", "\r\n"))
    assert contains_private_key("kind: Secret\nstringData:\n  key: |\n" + textwrap.indent(key, "    "))
    assert not contains_private_key(key.replace("PRIVATE", "PUBLIC"))
    assert not contains_private_key(repr(key))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{BODY}\n",
            True,
        ),
        (f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{BODY}\n=abcd\n", True),
        (f"-----BEGIN PUBLIC KEY-----\n{BODY}\n", False),
        (f"-----BEGIN CERTIFICATE-----\n{BODY}\n", False),
        (f'MARK = "-----BEGIN PRIVATE KEY-----"\nBODY = "{BODY}"\n', False),
        (f'"-----BEGIN PRIVATE KEY-----\\n{BODY}\\n"', False),
        ("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", False),
        ("-----BEGIN PRIVATE KEY-----\n<paste your key here>\n", False),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQ...\n", False),
        ("-----BEGIN PRIVATE KEY-----", False),
        (f"// -----BEGIN PRIVATE KEY-----\n// {BODY}\n", False),
        ("", False),
    ],
)
def test_private_key_blocks(text: str, expected: bool) -> None:
    assert contains_private_key(text) is expected
