# SPDX-License-Identifier: Apache-2.0
"""The settings a plugin declared with ``settings_schema``, as they hold in a region.

Inherited down the region tree: the nearest ancestor that decided a value wins, above all the
operator's ``[settings.<plugin>]`` in ``config/plugins.toml``, above that the Struct's defaults::

    days = (await settings_of(OrderSettings, order.region_lo)).order1_reply_workdays
"""

from core.parameters.services import settings_of

__all__ = ["settings_of"]
