# SPDX-License-Identifier: Apache-2.0
"""The two seams of signed papers: what there is to sign, and who signs it."""

from core.api.plugin import ExtensionPoint
from core.credentials.services import ISSUER, KINDS, CredentialIssuer, CredentialKind

EXTENSION_POINTS = [
    ExtensionPoint(
        KINDS,
        "可以签名的证书",
        CredentialKind,
        docs="键为插件名，值见 core.api.credentials.CredentialKind：身份、全部证书及其状态、公开核验、签好的码放在哪里。",
    ),
    ExtensionPoint(
        ISSUER,
        "证书签名",
        CredentialIssuer,
        docs="谁来签名；只有一个。值见 core.api.credentials.CredentialIssuer。",
    ),
]
