-- SPDX-License-Identifier: Apache-2.0
-- The batch of a fact is found from its first fact: batches overlap only where transactions did.
create index if not exists core_batch_first on core_batch ((facts[1]));
