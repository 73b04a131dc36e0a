# SPDX-License-Identifier: Apache-2.0
"""The acts: registering, answering a record, organising an activity, attending it."""
