# SPDX-License-Identifier: Apache-2.0
"""What makes the pages an app on a phone: manifest, service worker, a certificate to trust."""
