# SPDX-License-Identifier: Apache-2.0
"""The shell of who reaches only himself: 工作台 · 辅助监督 · 消息 · 我的."""
