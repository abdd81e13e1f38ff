select (select wrapped from vault.root) as wrapped, exists (select from vault.keys) as older
