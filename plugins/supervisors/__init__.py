# SPDX-License-Identifier: Apache-2.0
"""社会监督员: from the application to the end of the last term."""
