# SPDX-License-Identifier: Apache-2.0
"""登记: what a supervisor took part in, and the activities the bureau organises."""
