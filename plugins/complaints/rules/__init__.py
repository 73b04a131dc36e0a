# SPDX-License-Identifier: Apache-2.0
"""The rules of complaints, without a database: who may what, in which state, and why not."""

READ = "complaints.complaint.read"
HANDLE = "complaints.complaint.handle"
COPY = "complaints.copy.read"
ANSWER = "complaints.copy.answer"
OWN = "complaints.own.file"
FOLLOW = "complaints.own.follow"
"""Also of those whose term has ended: what was handed in is theirs to follow (S0-14)."""
